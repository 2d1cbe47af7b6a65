// SPDX-License-Identifier: Apache-2.0
//
// Between the fake backend's two files.
#ifndef HAL_TESTS_HAL_FAKE_OPERATIONS_HPP_
#define HAL_TESTS_HAL_FAKE_OPERATIONS_HPP_

#include "fake_control.hpp"
#include "hal/hal_plugin.h"

namespace hal::fake {

const hal_plugin_ops_v1_t &operations();
Control &control();

}  // namespace hal::fake

#endif  // HAL_TESTS_HAL_FAKE_OPERATIONS_HPP_
