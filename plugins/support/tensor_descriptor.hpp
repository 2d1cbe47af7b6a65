// SPDX-License-Identifier: Apache-2.0
//
// The 128 bytes that a tensor's word points to under HAL_CONVENTION_ARGS_DESCRIPTORS.
#ifndef HAL_PLUGINS_SUPPORT_TENSOR_DESCRIPTOR_HPP_
#define HAL_PLUGINS_SUPPORT_TENSOR_DESCRIPTOR_HPP_

#include <cstdint>

#include "hal/hal_plugin.h"
#include "hal/kernel.h"

namespace hal::plugins {

// Whether an argument's word is the address of a descriptor under that convention.
inline bool has_descriptor(const hal_arg_t &arg) { return arg.type == HAL_ARG_MEM || arg.type == HAL_ARG_TENSOR; }

// Describes argument `index` of a launch.
HalTensorDescriptor tensor_descriptor(const hal_launch_v1_t &launch, std::uint32_t index);

// Throws plugin::Failure, INVALID_ARGUMENT, if a descriptor cannot hold an argument's size.
void check_descriptors(const hal_launch_v1_t &launch);

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_TENSOR_DESCRIPTOR_HPP_
