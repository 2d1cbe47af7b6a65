// SPDX-License-Identifier: Apache-2.0
#include "dependencies.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>

#include "file.hpp"
#include "text.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{64} << 20;

struct LibraryEnd {
  void operator()(void *handle) const noexcept { ::dlclose(handle); }
};
using LibraryPointer = std::unique_ptr<void, LibraryEnd>;

struct Search {
  std::set<std::string> directories;
  bool certain = true;  // false: the linker may look in a place that is not among them
};

// An empty element is the current directory; ';' separates too, though only in LD_LIBRARY_PATH.
void add_path(Search &search, std::string path, const std::string &origin) {
  if (path.empty()) return;
  std::replace(path.begin(), path.end(), ';', ':');
  for (std::string &directory : split(path, ':')) {
    for (const std::string_view token : {"${ORIGIN}", "$ORIGIN"})
      if (const std::size_t at = directory.find(token); at != std::string::npos)
        directory.replace(at, token.size(), origin);
    if (directory.find('$') != std::string::npos) search.certain = false;
    search.directories.insert(directory.empty() ? "." : std::move(directory));
  }
}

// Where the linker looks for what an object in this process asks for: its own run path, LD_LIBRARY_PATH as it was at
// start, the system's directories.
void add_linker_directories(Search &search, void *handle) {
  Dl_serinfo size = {};
  if (::dlinfo(handle, RTLD_DI_SERINFOSIZE, &size) != 0) {
    search.certain = false;
    return;
  }
  const std::size_t words = size.dls_size / sizeof(std::max_align_t) + 1;
  const auto room = std::make_unique<std::max_align_t[]>(words);
  auto *info = reinterpret_cast<Dl_serinfo *>(room.get());
  if (::dlinfo(handle, RTLD_DI_SERINFOSIZE, info) != 0 || ::dlinfo(handle, RTLD_DI_SERINFO, info) != 0) {
    search.certain = false;
    return;
  }
  const Dl_serpath *paths = info->dls_serpath;
  for (unsigned i = 0; i < info->dls_cnt; ++i) search.directories.insert(paths[i].dls_name);
}

// The object that holds this code, whose DT_RPATH counts for what it loads.
LibraryPointer own_library() {
  Dl_info info = {};
  if (::dladdr(reinterpret_cast<void *>(&missing_dependencies), &info) == 0) return nullptr;
  return LibraryPointer(::dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD));
}

Search linker_search(const ElfImage &image, const std::string &real_path) {
  Search search;
  const std::string origin = fs::path(real_path).parent_path().string();
  add_path(search, image.rpath(), origin);
  add_path(search, image.runpath(), origin);
  if (const char *path = secure_getenv("LD_LIBRARY_PATH")) add_path(search, path, origin);
  const LibraryPointer program(::dlopen(nullptr, RTLD_LAZY));
  if (program) add_linker_directories(search, program.get());
  if (const LibraryPointer own = own_library()) add_linker_directories(search, own.get());
  if (!program) search.certain = false;
  return search;
}

// The cache is a table of NUL-terminated names; finding the name anywhere in it is a "maybe".
bool may_be_cached(const std::string &name, const std::vector<char> &cache) {
  const std::string_view wanted(name.c_str(), name.size() + 1);
  return std::string_view(cache.data(), cache.size()).find(wanted) != std::string_view::npos;
}

bool is_loaded(const std::string &name) {
  return LibraryPointer(::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD)) != nullptr;
}

// Such a folder may hold the only copy, in a place that depends on the processor; all but the first are of glibc before
// 2.37.
bool has_processor_folder(const fs::path &directory) {
  const auto *platform = reinterpret_cast<const char *>(::getauxval(AT_PLATFORM));
  std::error_code ignored;
  for (const char *name : {"glibc-hwcaps", "tls", "atomics", "haswell", "xeon_phi", "avx512_1", platform})
    if (name != nullptr && fs::is_directory(directory / name, ignored)) return true;
  return false;
}

bool may_be_in(const std::string &directory, const std::string &name) {
  std::error_code ignored;
  return fs::exists(fs::path(directory) / name, ignored) || has_processor_folder(directory);
}

bool may_be_found(const std::string &name, const Search &search, const std::vector<char> &cache) {
  if (is_loaded(name)) return true;
  std::error_code ignored;
  if (name.front() == '/') return fs::exists(name, ignored);
  if (name.find('/') != std::string::npos || !search.certain || may_be_cached(name, cache)) return true;
  for (const std::string &directory : search.directories)
    if (may_be_in(directory, name)) return true;
  return false;
}

}  // namespace

std::vector<std::string> missing_dependencies(const ElfImage &image, const std::string &real_path) {
  std::vector<std::string> missing;
  if (image.needed().empty()) return missing;
  Search search = linker_search(image, real_path);
  FileBytes cache;
  const int error = read_file("/etc/ld.so.cache", kMaxCacheBytes, cache);
  if (error != 0 && error != ENOENT) search.certain = false;
  for (const std::string &name : image.needed())
    if (!may_be_found(name, search, cache.bytes)) missing.push_back(name);
  return missing;
}

}  // namespace hal::core
