// SPDX-License-Identifier: Apache-2.0
//
// Facts of the host machine, from its files. root is where they are: "" for this machine, a directory in tests.
#ifndef HAL_PLUGINS_MACHINE_MACHINE_HPP_
#define HAL_PLUGINS_MACHINE_MACHINE_HPP_

#include <sys/resource.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hal::machine {

struct KernelVersion {
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const KernelVersion &) const = default;
};

// The first two numbers of a release such as "5.10.0-60.18.0.50.oe2203.aarch64".
std::optional<KernelVersion> parse_kernel_version(std::string_view release);

// "madvise" of "always [madvise] never".
std::string chosen_word(std::string_view words);

// nullopt: the file is not there, not readable, or empty.
std::optional<std::string> first_line(const std::string &root, const char *path);

// The value behind "key=" or "key:" of the first such line, less blanks.
std::optional<std::string> value_of(const std::string &root, const char *path, std::string_view key);

// A line of /proc/meminfo, such as MemAvailable.
std::optional<std::uint64_t> meminfo_bytes(const std::string &root, std::string_view key);

// "16 GiB", "1.5 GiB", "unlimited".
std::string size_text(std::uint64_t bytes);
std::string limit_text(rlim_t limit);

rlim_t soft_limit(__rlimit_resource_t resource);

}  // namespace hal::machine

#endif  // HAL_PLUGINS_MACHINE_MACHINE_HPP_
