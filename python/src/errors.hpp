// SPDX-License-Identifier: Apache-2.0
//
// Turns hal::Error into exceptions of npuhal, and raises failures that the binding finds.
#ifndef NPUHAL_ERRORS_HPP_
#define NPUHAL_ERRORS_HPP_

#include <sys/types.h>

#include <string>

#include "hal/hal.hpp"

namespace npuhal {

// After this call, each hal::Error that leaves a function of the module becomes an instance of npuhal.Error.
void translate_errors();

// Throws hal::Error with the component "npuhal".
[[noreturn]] void fail(hal_status_t status, const char *function, std::string message, std::string hint);

// Throws the error of libhal if the calling process is a forked child of the process owner. It takes none of the
// binding's locks, because the child may have inherited them locked.
void refuse_forked_child(pid_t owner);

}  // namespace npuhal

#endif  // NPUHAL_ERRORS_HPP_
