// SPDX-License-Identifier: Apache-2.0
#include "backends/search_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "backends/trust.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

const char *failure_status(int error) {
  if (error == EACCES) return "permission_denied";
  return error == ENOTDIR ? "not_a_directory" : "missing";
}

// The file that holds this code. /proc/self/maps names it; dladdr gives the name that was used for loading, which may
// be relative to a directory that is no longer the current one.
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

// The real directory of libhal; "" if it is not known.
std::string library_directory() {
  const std::string file = mapped_file(reinterpret_cast<std::uintptr_t>(&library_directory));
  if (file.empty()) return {};
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  return error ? std::string() : real.parent_path().string();
}

}  // namespace

std::vector<SearchPlace> search_directories(const Settings &settings) {
  std::vector<SearchPlace> directories;
  if (!settings.plugin_files.empty()) return directories;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path &path, const char *origin) {
    std::error_code ignored;
    if (path.is_absolute() && seen.insert(fs::weakly_canonical(path, ignored)).second)
      directories.push_back({path.string(), origin});
  };
  for (const std::string &path : settings.plugin_path) add(path, "HAL_PLUGIN_PATH");
  if (const std::string library = library_directory(); !library.empty())
    add(fs::path(library) / "hal" / "plugins-0", "library");
  add(HAL_CORE_PLUGIN_DIR, "installation");
  return directories;
}

std::vector<SearchPlace> search_places(const Settings &settings) {
  std::vector<SearchPlace> places;
  for (const std::string &file : settings.plugin_files) places.push_back({file, "HAL_PLUGIN_FILES"});
  for (SearchPlace &directory : search_directories(settings)) places.push_back(std::move(directory));
  return places;
}

const char *place_status(const SearchPlace &place) {
  const bool is_file = place.origin == "HAL_PLUGIN_FILES";
  struct stat info = {};
  if (::stat(place.path.c_str(), &info) != 0) return failure_status(errno);
  if (!is_file && !S_ISDIR(info.st_mode)) return "not_a_directory";
  if (is_open_to_everyone(place.path)) return "untrusted";
  if (::access(place.path.c_str(), is_file ? R_OK : R_OK | X_OK) != 0) return failure_status(errno);
  return "ok";
}

}  // namespace hal::core
