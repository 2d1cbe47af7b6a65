// SPDX-License-Identifier: Apache-2.0
//
// Part of hal/hal.hpp: the exception that carries a failure's whole story. Copying it is cheap and never throws.
#ifndef HAL_DETAIL_ERROR_HPP_
#define HAL_DETAIL_ERROR_HPP_

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "hal/hal.h"

namespace hal {

// A failure's whole story; the fields are those of hal_error_info_t, with strings of their own.
struct ErrorInfo {
  hal_status_t status = HAL_ERR_UNKNOWN;
  std::int64_t native_code = 0;
  std::string native_domain;
  std::string component;
  std::string function;
  std::string message;
  std::string hint;
  std::string kernel = {};  // from here on: of a KERNEL_FAULT or KERNEL_TIMEOUT
  std::uint64_t fault_addr = 0;
  std::uint32_t block = 0;
  hal_fault_flags_t fault_flags = 0;
};

// What every failing call throws. Copying never throws. what(): one line "STATUS in function (component): message
// [domain code]", and on a second line the hint, if there is one.
class __attribute__((visibility("default"))) Error : public std::runtime_error {
 public:
  explicit Error(ErrorInfo info)
      : std::runtime_error(format(info)), info_(std::make_shared<const ErrorInfo>(std::move(info))) {}

  // The calling thread's last failure, which must be the one that gave this status.
  static Error last(hal_status_t status) {
    hal_error_info_t raw{};
    raw.struct_size = sizeof(raw);
    if (hal_last_error(&raw) != HAL_OK || raw.status != status) {
      return Error({status, 0, "", "", "a call of libhal", "it failed and left no more than its status", ""});
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

// Throws Error unless status is HAL_OK. On the thread of the call that gave it, before any other failing call.
inline void check(hal_status_t status) {
  if (status != HAL_OK) throw Error::last(status);
}

}  // namespace hal

#endif  // HAL_DETAIL_ERROR_HPP_
