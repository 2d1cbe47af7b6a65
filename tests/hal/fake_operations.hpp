// SPDX-License-Identifier: Apache-2.0
//
// Declarations that the fake backend's files share.
#ifndef HAL_TESTS_HAL_FAKE_OPERATIONS_HPP_
#define HAL_TESTS_HAL_FAKE_OPERATIONS_HPP_

#include <cstdint>

#include "fake_control.hpp"
#include "hal/hal_plugin.h"

namespace hal::fake {

const hal_plugin_ops_v1_t &operations();
Control &control();

hal_status_t explain_native(void *self, const char *domain, std::int64_t code, hal_native_error_v1_t *out);
void diagnose(void *self, hal_finding_fn report, void *user);

}  // namespace hal::fake

#endif  // HAL_TESTS_HAL_FAKE_OPERATIONS_HPP_
