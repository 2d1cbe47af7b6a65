// SPDX-License-Identifier: Apache-2.0
//
// Facts about the host machine, read from its files. root is a prefix of their paths: "" for this machine, a directory
// in tests.
#ifndef HAL_PLUGINS_SUPPORT_MACHINE_HPP_
#define HAL_PLUGINS_SUPPORT_MACHINE_HPP_

#include <sys/resource.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hal::plugins {

struct KernelVersion {
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const KernelVersion &) const = default;
};

// Up to this release, the vendor's driver cannot register memory that it did not allocate.
inline constexpr KernelVersion kLastWithoutPageable = {5, 10};

// The first two numbers of a release such as "5.10.0-60.18.0.50.oe2203.aarch64".
std::optional<KernelVersion> parse_kernel_version(std::string_view release);

// "madvise" of "always [madvise] never".
std::string chosen_word(std::string_view words);

// The first line without blanks around it. Nothing if the file is missing, unreadable or empty.
std::optional<std::string> first_line(const std::string &root, const char *path);

// The value after "key=" or "key:" in the first such line, without blanks around it.
std::optional<std::string> value_of(const std::string &root, const char *path, std::string_view key);

// A line of /proc/meminfo, such as MemAvailable.
std::optional<std::uint64_t> meminfo_bytes(const std::string &root, std::string_view key);

rlim_t soft_limit(__rlimit_resource_t resource);
std::string limit_text(rlim_t limit);  // "16 GiB", "unlimited"

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_MACHINE_HPP_
