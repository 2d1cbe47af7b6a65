// SPDX-License-Identifier: Apache-2.0
//
// Part of hal/hal.hpp: the exception with the details of a failure. C++20.
#ifndef HAL_DETAIL_ERROR_HPP_
#define HAL_DETAIL_ERROR_HPP_

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "hal/hal.h"

namespace hal {

// The details of a failure. The fields are those of hal_error_info_t; this struct owns its strings.
struct ErrorInfo {
  hal_status_t status = HAL_ERR_UNKNOWN;
  std::int64_t native_code = 0;
  std::string native_domain;
  std::string component;
  std::string function;
  std::string message;
  std::string hint;
  std::string kernel = {};  // this field and the next three: only for KERNEL_FAULT and KERNEL_TIMEOUT
  std::uint64_t fault_addr = 0;
  std::uint32_t block = 0;
  hal_fault_flags_t fault_flags = 0;
};

// The exception that every failing call throws. Copying it is cheap and never throws.
//
// what() is one line, "STATUS in function (component): message [domain code]". If there is a hint, it is a second line.
class __attribute__((visibility("default"))) Error : public std::runtime_error {
 public:
  explicit Error(ErrorInfo info)
      : std::runtime_error(format(info)), info_(std::make_shared<const ErrorInfo>(std::move(info))) {}

  // Makes an Error from the last failure of the calling thread. That failure must have the given status: call this
  // right after the failed call, on the same thread.
  static Error last(hal_status_t status) {
    hal_error_info_t raw{};
    raw.struct_size = sizeof(raw);
    if (hal_last_error(&raw) != HAL_OK || raw.status != status) {
      return Error({status, 0, "", "", "a call of libhal", "the call failed without details", ""});
    }
    return Error({status, raw.native_code, raw.native_domain, raw.component, raw.function, raw.message, raw.hint,
                  raw.kernel, raw.fault_addr, raw.block, raw.fault_flags});
  }

  const ErrorInfo &info() const noexcept { return *info_; }
  hal_status_t status() const noexcept { return info_->status; }

 private:
  static std::string format(const ErrorInfo &info) {
    std::string text = std::string(hal_status_string(info.status)) + " in " + info.function;
    if (!info.component.empty()) text += " (" + info.component + ")";
    text += ": " + info.message;
    if (!info.native_domain.empty()) text += " [" + info.native_domain + " " + std::to_string(info.native_code) + "]";
    if (!info.hint.empty()) text += "\nhint: " + info.hint;
    return text;
  }

  std::shared_ptr<const ErrorInfo> info_;
};

// Throws Error unless status is HAL_OK.
//
// Threads: call it on the thread of the call that returned the status, before another call fails there.
inline void check(hal_status_t status) {
  if (status != HAL_OK) throw Error::last(status);
}

}  // namespace hal

#endif  // HAL_DETAIL_ERROR_HPP_
