// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/native_error.hpp"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

namespace hal::core {
namespace {

constexpr const char *kErrno = "errno";
constexpr const char *kHal = "hal";

struct Meaning {
  hal_status_t status;
  const char *cause;
  const char *hint;
};

constexpr Meaning kStatuses[] = {
    {HAL_ERR_CANCELLED, "work after a failed ticket did not run", "look at the stream's first failure"},
    {HAL_ERR_UNKNOWN, "the backend reported a failure without a known cause", "look at native_code of hal_last_error"},
    {HAL_ERR_INVALID_ARGUMENT,
     "an argument is wrong: null, size 0, unaligned, overflowing, or a stale or foreign handle",
     "the message of hal_last_error names the argument and its value"},
    {HAL_ERR_TIMEOUT, "the wait timed out; the work may still run", "wait again or longer; do not free its memory"},
    {HAL_ERR_NOT_FOUND, "no such backend, device, kernel or file", "run 'halprobe explain' to see what exists"},
    {HAL_ERR_ALREADY_EXISTS, "the range, or a part of it, is already registered",
     "register each range once; hal_mem_lookup_host finds the registration"},
    {HAL_ERR_PERMISSION_DENIED, "this user does not have the permission",
     "run 'halprobe doctor' to see device nodes and their permissions"},
    {HAL_ERR_OUT_OF_MEMORY, "memory or another limited resource is used up, or the size exceeds its capacity",
     "free memory that is not needed; hal_device_query returns total and free memory"},
    {HAL_ERR_FAILED_PRECONDITION, "called before hal_init, after hal_shutdown, in a forked child, or in a wrong state",
     "call hal_init in this process; start processes by spawn, not fork"},
    {HAL_ERR_OUT_OF_RANGE, "offset and size reach beyond the allocation",
     "check them against the size from hal_mem_info"},
    {HAL_ERR_UNSUPPORTED, "this chip or backend cannot do it", "ask first with hal_mem_query or hal_device_query"},
    {HAL_ERR_INTERNAL, "libhal, a plugin or a layer below it has failed unexpectedly",
     "report native_code and message of hal_last_error"},
    {HAL_ERR_UNAVAILABLE, "it exists but cannot be used on this machine or at this time",
     "run 'halprobe explain' and 'halprobe doctor' to see why"},
    {HAL_ERR_BUSY, "objects are open, or unfinished work uses them", "wait for the work, then free and close"},
    {HAL_ERR_INCOMPATIBLE, "application, libhal and plugin were built for different ABI drafts",
     "install one version of libhal, headers and plugins"},
    {HAL_ERR_DEVICE_LOST, "the device is lost for this process", "close or reset it; reset the card if that fails too"},
    {HAL_ERR_KERNEL_FAULT, "a kernel crashed or trapped", "the message of hal_last_error names kernel and block"},
    {HAL_ERR_KERNEL_TIMEOUT, "a kernel ran longer than its limit and was stopped",
     "raise timeout_ns of the launch, or look for a kernel that waits for a block which never starts"},
};

struct ErrnoMeaning {
  int code;
  hal_status_t status;
  const char *hint;
};

constexpr const char *kPermissionHint =
    "check owner, mode and groups of the file (ls -l, id), and what a container allows";
constexpr const char *kDeviceHint = "check that the device exists and is mapped into the container";

constexpr ErrnoMeaning kErrnos[] = {
    {EPERM, HAL_ERR_PERMISSION_DENIED, kPermissionHint},
    {ENOENT, HAL_ERR_NOT_FOUND, "check the path"},
    {EINTR, HAL_ERR_UNAVAILABLE, "a signal interrupted the call: try again"},
    {ENXIO, HAL_ERR_UNAVAILABLE, kDeviceHint},
    {EAGAIN, HAL_ERR_UNAVAILABLE, "a limit is reached: check ulimit -u and ulimit -l, and try again"},
    {ENOMEM, HAL_ERR_OUT_OF_MEMORY, "free memory, or raise the limits of the process (ulimit -v, -l) or container"},
    {EACCES, HAL_ERR_PERMISSION_DENIED, kPermissionHint},
    {EFAULT, HAL_ERR_INVALID_ARGUMENT, "keep the memory mapped while it is in use"},
    {EBUSY, HAL_ERR_BUSY, "end the process that uses it, then try again"},
    {EEXIST, HAL_ERR_ALREADY_EXISTS, "remove the old one, or use another name"},
    {ENODEV, HAL_ERR_UNAVAILABLE, kDeviceHint},
    {EINVAL, HAL_ERR_INVALID_ARGUMENT, "check sizes and alignment"},
    {ENFILE, HAL_ERR_UNAVAILABLE, "too many files are open on this machine: close some"},
    {EMFILE, HAL_ERR_UNAVAILABLE, "raise the limit of open files (ulimit -n), or close some"},
    {ENOSPC, HAL_ERR_OUT_OF_MEMORY, "free space on the file system; on tmpfs, free memory"},
    {ENOSYS, HAL_ERR_UNSUPPORTED, "use a newer kernel, or a container that allows the system call"},
    {EOPNOTSUPP, HAL_ERR_UNSUPPORTED, "use a newer kernel or another file system"},
    {ETIMEDOUT, HAL_ERR_TIMEOUT, "try again"},
};

// "ENOMEM: Cannot allocate memory", valid until the process ends.
const char *errno_cause(int code) {
  static std::mutex &mutex = *new std::mutex;
  static std::map<int, std::string> &causes = *new std::map<int, std::string>;
  const std::lock_guard lock(mutex);
  const auto [place, is_new] = causes.try_emplace(code);
  if (is_new) place->second = fmt::format("{}: {}", ::strerrorname_np(code), ::strerrordesc_np(code));
  return place->second.c_str();
}

std::optional<hal_native_error_t> explain_errno(std::int64_t code) {
  const int number = static_cast<int>(code);
  if (number != code || number <= 0 || ::strerrorname_np(number) == nullptr) return std::nullopt;
  const auto *known = std::find_if(std::begin(kErrnos), std::end(kErrnos),
                                   [=](const ErrnoMeaning &meaning) { return meaning.code == number; });
  const bool found = known != std::end(kErrnos);
  return hal_native_error_t{sizeof(hal_native_error_t), found ? known->status : HAL_ERR_UNKNOWN, kErrno,
                            errno_cause(number),
                            found ? known->hint : "read the message of the failure: it says what was tried"};
}

std::optional<hal_native_error_t> explain_status(std::int64_t code) {
  const auto *known = std::find_if(std::begin(kStatuses), std::end(kStatuses),
                                   [=](const Meaning &meaning) { return meaning.status == code; });
  if (known == std::end(kStatuses)) return std::nullopt;
  return hal_native_error_t{sizeof(hal_native_error_t), known->status, kHal, known->cause, known->hint};
}

}  // namespace

bool is_own_domain(std::string_view domain) noexcept { return domain == kErrno || domain == kHal; }

std::optional<hal_native_error_t> explain_own(std::string_view domain, std::int64_t code) {
  if (domain == kErrno) return explain_errno(code);
  if (domain == kHal) return explain_status(code);
  if (!domain.empty()) return std::nullopt;
  return code < 0 ? explain_status(code) : explain_errno(code);
}

}  // namespace hal::core
