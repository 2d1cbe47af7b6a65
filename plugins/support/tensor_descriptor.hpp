// SPDX-License-Identifier: Apache-2.0
//
// The descriptor of 128 bytes that a tensor's word points to with HAL_CONVENTION_ARGS_DESCRIPTORS.
#ifndef HAL_PLUGINS_SUPPORT_TENSOR_DESCRIPTOR_HPP_
#define HAL_PLUGINS_SUPPORT_TENSOR_DESCRIPTOR_HPP_

#include <cstdint>

#include "hal/hal_plugin.h"
#include "hal/kernel.h"

namespace hal::plugins {

// Whether the word of an argument is the address of a descriptor.
inline bool has_descriptor(const hal_arg_t &arg) { return arg.type == HAL_ARG_MEM || arg.type == HAL_ARG_TENSOR; }

// The descriptor of argument `index` of a launch.
HalTensorDescriptor tensor_descriptor(const hal_launch_v1_t &launch, std::uint32_t index);

// Throws plugin::Failure, INVALID_ARGUMENT, if a descriptor cannot hold an argument's size.
void check_descriptors(const hal_launch_v1_t &launch);

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_TENSOR_DESCRIPTOR_HPP_
