// SPDX-License-Identifier: Apache-2.0
#include "library_path.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace hal::core {
namespace {

// From /proc/self/maps: dladdr gives the name that was used for loading, which may be relative to a directory that is
// no longer the current one.
std::string mapped_file(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &start, &end) != 2 || address < start || address >= end) continue;
    const std::size_t path = line.find('/');
    return path == std::string::npos ? std::string() : line.substr(path);
  }
  return {};
}

}  // namespace

std::string library_directory() {
  const std::string file = mapped_file(reinterpret_cast<std::uintptr_t>(&library_directory));
  if (file.empty()) return {};
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file, error);
  return error ? std::string() : real.parent_path().string();
}

}  // namespace hal::core
