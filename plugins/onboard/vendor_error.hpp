// SPDX-License-Identifier: Apache-2.0
//
// Errors of vendor calls: the function, its values, the code, the meaning of the code, and the runtime's own message.
#ifndef HAL_PLUGINS_ONBOARD_VENDOR_ERROR_HPP_
#define HAL_PLUGINS_ONBOARD_VENDOR_ERROR_HPP_

#include <string>
#include <utility>

#include "hal/hal_plugin.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// The status for a code; INTERNAL for a code that native_errors.def does not have.
hal_status_t status_of(int code);

// Whether the device is unusable after this code. After a kernel fault or a kernel timeout its context is unusable.
bool ends_device(int code);

// Whether the code reports a kernel on an AIC or AIV core, where libhal launches run, rather than the runtime's own
// task.
bool is_of_a_core(std::int64_t code);

// Call it on the thread whose vendor call failed, before any other vendor call: the runtime's message belongs to the
// thread and is deleted when it is read. values describes the arguments of the call; "" = none.
plugin::Failure vendor_failure(const VendorApi &api, const char *function, const std::string &values, int code);

// The same, with the status that the caller chooses.
plugin::Failure vendor_failure(const VendorApi &api, const char *function, const std::string &values, int code,
                               hal_status_t status);

// Discards the runtime's message on this thread about an expected failure.
void drop_recent_error(const VendorApi &api) noexcept;

// Calls the function. If it fails, throws vendor_failure with describe() as values.
template <typename... Parameters, typename Describe, typename... Arguments>
void check(const VendorApi &api, const Call<Parameters...> &call, Describe &&describe, Arguments... arguments) {
  if (const int code = call(arguments...); code != kOk) [[unlikely]]
    throw vendor_failure(api, call.name, std::forward<Describe>(describe)(), code);
}

// Calls operation() and turns FAILED_PRECONDITION from the runtime into INTERNAL. Use it for operations for which
// hal_plugin.h gives FAILED_PRECONDITION another meaning.
template <typename Operation>
auto without_precondition(Operation &&operation) {
  try {
    return operation();
  } catch (const plugin::Failure &failure) {
    if (failure.status() != HAL_ERR_FAILED_PRECONDITION) throw;
    throw plugin::Failure(HAL_ERR_INTERNAL, failure.what(), failure.hint(), failure.native_code(),
                          failure.native_domain());
  }
}

// Returns at most max_bytes of text as one line, without control characters or a cut UTF-8 character.
std::string one_line(const char *text, std::size_t max_bytes);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_VENDOR_ERROR_HPP_
