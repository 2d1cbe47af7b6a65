// SPDX-License-Identifier: Apache-2.0
#include "backends/dependencies.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "backends/file.hpp"
#include "support/text.hpp"

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
  bool certain = true;  // false: the linker may search other directories as well
};

// An empty element is the current directory. In LD_LIBRARY_PATH, ';' is a separator too.
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

// The directories that the linker searches for an object of this process: its own run path, LD_LIBRARY_PATH at process
// start, and the system's directories.
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

// The object that holds this code. With some versions of glibc, its DT_RPATH applies to what it loads.
LibraryPointer own_library() {
  Dl_info info = {};
  if (::dladdr(reinterpret_cast<void *>(&missing_dependencies), &info) == 0) return nullptr;
  return LibraryPointer(::dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD));
}

Search linker_search(const ElfImage &image, const std::string &real_path) {
  Search search;
  const std::string origin = fs::path(real_path).parent_path().string();
  // The linker ignores the RPATH of a file that has a RUNPATH.
  add_path(search, image.has_runpath() ? image.runpath() : image.rpath(), origin);
  if (const char *path = secure_getenv("LD_LIBRARY_PATH")) add_path(search, path, origin);
  const LibraryPointer program(::dlopen(nullptr, RTLD_LAZY));
  if (program) add_linker_directories(search, program.get());
  if (const LibraryPointer own = own_library()) add_linker_directories(search, own.get());
  if (!program) search.certain = false;
  return search;
}

// The linker's cache, read on first use. It is a table of NUL-terminated names. A name found anywhere in it may be in
// the table.
class LinkerCache {
 public:
  bool may_hold(const std::string &name) {
    if (!read_) unreadable_ = read();
    return unreadable_ || ::memmem(cache_.bytes.data(), cache_.bytes.size(), name.c_str(), name.size() + 1) != nullptr;
  }

 private:
  bool read() {
    read_ = true;
    const int error = read_file("/etc/ld.so.cache", kMaxCacheBytes, cache_);
    return error != 0 && error != ENOENT;
  }

  bool read_ = false;
  bool unreadable_ = false;
  FileBytes cache_;
};

bool is_loaded(const std::string &name) {
  return LibraryPointer(::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD)) != nullptr;
}

// Whether the directory has a folder for certain processors, which may hold the library. Names after the first are
// those of glibc before 2.37.
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

// For a path. dlopen with RTLD_NOLOAD would open the file, and block on a FIFO.
bool is_loaded_path(const std::string &path) {
  const auto same = [](dl_phdr_info *info, std::size_t, void *wanted) {
    return static_cast<int>(*static_cast<const std::string *>(wanted) == info->dlpi_name);
  };
  return ::dl_iterate_phdr(same, const_cast<std::string *>(&path)) != 0;
}

// What the linker searches for the dependencies of one file. Each part is read on first use, the cheaper one first:
// most dependencies of plugins are loaded already.
struct Places {
  const ElfImage &image;
  const std::string &real_path;
  LinkerCache cache = {};
  std::optional<Search> search = {};
};

bool may_be_found(const std::string &name, Places &places) {
  std::error_code ignored;
  if (name.front() == '/') return is_loaded_path(name) || fs::exists(name, ignored);
  if (name.find('/') != std::string::npos || is_loaded(name) || places.cache.may_hold(name)) return true;
  if (!places.search) places.search = linker_search(places.image, places.real_path);
  const Search &search = *places.search;
  return !search.certain || std::any_of(search.directories.begin(), search.directories.end(),
                                        [&](const std::string &directory) { return may_be_in(directory, name); });
}

}  // namespace

std::vector<std::string> missing_dependencies(const ElfImage &image, const std::string &real_path) {
  std::vector<std::string> missing;
  Places places = {image, real_path};
  for (const std::string &name : image.needed())
    if (!may_be_found(name, places)) missing.push_back(name);
  return missing;
}

}  // namespace hal::core
