// SPDX-License-Identifier: Apache-2.0
//
// hal::Error as an exception of npuhal, and failures that the binding finds by itself.
#ifndef NPUHAL_ERRORS_HPP_
#define NPUHAL_ERRORS_HPP_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "hal/hal.hpp"

namespace npuhal {

// From now on a hal::Error that leaves a function of the module becomes an instance of npuhal.Error.
void translate_errors();

// Throws hal::Error with the component "npuhal".
[[noreturn]] void fail(hal_status_t status, const char *function, std::string message, std::string hint);

// Throws libhal's own refusal in a forked child of the process owner, where libhal was in use. Takes no lock of ours,
// which the child may have inherited locked.
void refuse_forked_child(pid_t owner);

// "0x550000000000"
std::string hex(std::uint64_t value);

}  // namespace npuhal

#endif  // NPUHAL_ERRORS_HPP_
