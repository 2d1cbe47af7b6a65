// SPDX-License-Identifier: Apache-2.0
#include "api.hpp"

#include <fmt/format.h>

namespace hal::core {

hal_status_t fail_exception() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc &) {
    return fail(HAL_ERR_OUT_OF_MEMORY, "the host process is out of memory", "free memory or use smaller sizes");
  } catch (const std::exception &error) {
    try {
      return fail(HAL_ERR_INTERNAL, fmt::format("unexpected error in libhal: {}", error.what()),
                  "report this as a bug");
    } catch (...) {
      return fail(HAL_ERR_INTERNAL, "unexpected error in libhal", "report this as a bug");
    }
  } catch (...) {
    return fail(HAL_ERR_INTERNAL, "unexpected exception of unknown type in libhal", "report this as a bug");
  }
}

}  // namespace hal::core
