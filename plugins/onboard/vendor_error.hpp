// SPDX-License-Identifier: Apache-2.0
//
// A failing call of the vendor, told: its name, the values, the code, what the code means, and the runtime's own words.
#ifndef HAL_PLUGINS_ONBOARD_VENDOR_ERROR_HPP_
#define HAL_PLUGINS_ONBOARD_VENDOR_ERROR_HPP_

#include <string>
#include <utility>

#include "hal/hal_plugin.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// The canonical status of a code; INTERNAL for one that the dictionary does not have.
hal_status_t status_of(int code);

// Whether the device is of no use after this code: cores that faulted or ran out of time leave the context poisoned.
bool ends_device(int code);

// Whether the code tells of a kernel on one of the cores that launches of libhal run on (AIC, AIV), and not of a task
// of the runtime's own.
bool is_of_a_core(std::int64_t code);

// On the thread on which the call failed, before any other call of the vendor: its text belongs to the thread and is
// gone once read. values are those of the call, "" = none.
plugin::Failure vendor_failure(const VendorApi &api, const char *function, const std::string &values, int code);

// The same with a status of the caller's.
plugin::Failure vendor_failure(const VendorApi &api, const char *function, const std::string &values, int code,
                               hal_status_t status);

// Throws away what the runtime said on this thread about a failure that was expected.
void drop_recent_error(const VendorApi &api) noexcept;

// Calls, and throws vendor_failure with describe() as values.
template <typename... Parameters, typename Describe, typename... Arguments>
void check(const VendorApi &api, const Call<Parameters...> &call, Describe &&describe, Arguments... arguments) {
  if (const int code = call(arguments...); code != kOk) [[unlikely]]
    throw vendor_failure(api, call.name, std::forward<Describe>(describe)(), code);
}

// Calls. A failure of the runtime's that would be FAILED_PRECONDITION is INTERNAL: for operations to which that status
// has a meaning of its own in the contract (hal_plugin.h).
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

// At most max_bytes of text, without line breaks, control characters or half a UTF-8 character.
std::string one_line(const char *text, std::size_t max_bytes);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_VENDOR_ERROR_HPP_
