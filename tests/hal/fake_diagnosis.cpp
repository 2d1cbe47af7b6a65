// SPDX-License-Identifier: Apache-2.0
//
// The fake backend's explanations of its error codes, and its findings about the machine.
#include <string>
#include <string_view>

#include "fake_operations.hpp"
#include "hal/hal_plugin.hpp"

namespace hal::fake {

using plugin::Failure;

// Code 42 is that of fail_if_requested. The explanation of 43 is invalid, and that of 44 fails.
hal_status_t explain_native(void * /*self*/, const char *domain, std::int64_t code, hal_native_error_v1_t *out) {
  const std::string_view whose = domain;
  if (!whose.empty() && whose != "fake") return HAL_ERR_NOT_FOUND;
  if (code == 44) throw Failure(HAL_ERR_INTERNAL, "the fake was asked about 44", "ask about another code");
  if (code != 42 && code != 43) throw Failure(HAL_ERR_NOT_FOUND, "libhal replaces this message");
  out->status = code == 42 ? HAL_ERR_BUSY : 7;
  if (code == 43) return HAL_OK;
  out->domain = "fake";
  out->cause = "a test requested this failure";
  out->hint = "remove the request";
  return HAL_OK;
}

void diagnose(void * /*self*/, hal_finding_fn report, void *user) {
  const std::string present = std::to_string(plugin::option_number("PRESENT"));
  const hal_finding_t device = {sizeof(device), HAL_FINDING_OK, "devices", "present", present.c_str(), ""};
  report(user, &device);
  const std::string seen = plugin::environment("FAKE_VENDOR_DEVICES").value_or("not set");
  const hal_finding_t variable = {sizeof(variable),      HAL_FINDING_WARNING, "vendor",
                                  "FAKE_VENDOR_DEVICES", seen.c_str(),        "set it"};
  report(user, &variable);
  const hal_finding_t odd = {sizeof(odd), 99, "vendor", "odd", nullptr, nullptr};
  report(user, &odd);
  if (present == "0") {
    const hal_finding_t problem = {sizeof(problem), HAL_FINDING_PROBLEM, "vendor", "driver", "missing", "install it"};
    report(user, &problem);
  }
}

}  // namespace hal::fake
