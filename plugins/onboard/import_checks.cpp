// SPDX-License-Identifier: Apache-2.0
#include "onboard/import_checks.hpp"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "hal/hal_plugin.hpp"
#include "onboard/registration.hpp"
#include "support/machine.hpp"

namespace hal::onboard {
namespace {

bool may_lock_all() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

}  // namespace

bool kernel_takes_pageable(const std::string &release) {
  const auto version = plugins::parse_kernel_version(release);
  return version && *version > plugins::kLastWithoutPageable;
}

LockLimit read_lock_limit() {
  struct rlimit limit = {};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {UINT64_MAX, true};
  return {limit.rlim_cur, may_lock_all()};
}

void check_import(const std::string &kernel_release, const LockLimit &limit, std::uint64_t locked_bytes,
                  std::uint64_t size_bytes) {
  if (!kernel_takes_pageable(kernel_release))
    throw plugin::Failure(HAL_ERR_UNAVAILABLE,
                          "the caller's memory cannot be registered on kernel " + kernel_release +
                              ": up to 5.10, the vendor's driver can register only memory that it allocated itself",
                          "use HOST_MAPPED memory, or a kernel newer than 5.10");
  if (limit.exempt) return;
  if (locked_bytes <= limit.limit_bytes && size_bytes <= limit.limit_bytes - locked_bytes) return;
  throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                        "registering " + std::to_string(size_bytes) +
                            " bytes would exceed the limit of locked memory: " + std::to_string(locked_bytes) + " of " +
                            std::to_string(limit.limit_bytes) + " bytes are already locked",
                        "raise the limit (ulimit -l, LimitMEMLOCK=, docker --ulimit memlock=-1), or use HOST_MAPPED");
}

void check_import_here(std::uint64_t size_bytes) {
  struct utsname system = {};
  const std::string release = uname(&system) == 0 ? system.release : "";
  check_import(release, read_lock_limit(), registered_bytes(), size_bytes);
}

}  // namespace hal::onboard
