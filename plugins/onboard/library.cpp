// SPDX-License-Identifier: Apache-2.0
#include "onboard/library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <filesystem>

#include "hal/hal_plugin.hpp"
#include "support/text.hpp"

namespace hal::onboard {
namespace {

#if defined(__x86_64__)
constexpr const char *kMachineDirectory = "x86_64-linux";
#elif defined(__aarch64__)
constexpr const char *kMachineDirectory = "aarch64-linux";
#else
#error "add this machine's directory of the vendor's toolkit"
#endif

constexpr const char *kSystemRoots[] = {"/usr/local/Ascend/cann", "/usr/local/Ascend/ascend-toolkit/latest",
                                        "/opt/Ascend/cann"};

void add(std::vector<std::string> &directories, const std::string &directory) {
  if (std::find(directories.begin(), directories.end(), directory) == directories.end())
    directories.push_back(directory);
}

// The libraries of an installation are in one of these two directories.
void add_root(std::vector<std::string> &directories, const std::string &root) {
  if (root.empty()) return;
  add(directories, root + "/lib64");
  add(directories, root + "/" + kMachineDirectory + "/lib64");
}

void add_library_path(std::vector<std::string> &directories, std::string_view path) {
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.starts_with('/')) add(directories, std::string(part));
  }
}

std::string linker_text() {
  const char *text = dlerror();
  return text != nullptr ? text : "dlopen reported no reason";
}

std::string file_of(void *handle) {
  struct link_map *map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return "";
  std::error_code ignored;
  const std::filesystem::path real = std::filesystem::canonical(map->l_name, ignored);
  return real.empty() ? map->l_name : real.string();
}

struct Wanted {
  const std::string &name;
  std::string found;
};

int compare_loaded(struct dl_phdr_info *info, std::size_t, void *wanted_pointer) {
  auto &wanted = *static_cast<Wanted *>(wanted_pointer);
  const std::string_view path = info->dlpi_name != nullptr ? info->dlpi_name : "";
  if (path.substr(path.rfind('/') + 1) != wanted.name) return 0;
  wanted.found = path;
  return 1;
}

bool same_mask(const sigset_t &a, const sigset_t &b) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal)
    if (sigismember(&a, signal) != sigismember(&b, signal)) return false;
  return true;
}

bool same(const struct sigaction &a, const struct sigaction &b) {
  if (a.sa_flags != b.sa_flags || !same_mask(a.sa_mask, b.sa_mask)) return false;
  return (a.sa_flags & SA_SIGINFO) != 0 ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
}

}  // namespace

Places read_places(const std::string &library_dir) {
  const auto variable = [](const char *name) { return plugin::environment(name).value_or(""); };
  return {library_dir,
          variable("ASCEND_INSTALL_PATH"),
          variable("ASCEND_HOME_PATH"),
          variable("ASCEND_TOOLKIT_HOME"),
          variable("LD_LIBRARY_PATH"),
          variable("HOME")};
}

std::vector<std::string> search_directories(const Places &places) {
  if (!places.library_dir.empty()) return {places.library_dir};
  std::vector<std::string> directories;
  add_root(directories, places.install_path);
  add_root(directories, places.home_path);
  add_root(directories, places.toolkit_home);
  add_library_path(directories, places.library_path);
  add(directories, "");
  if (!places.home.empty()) {
    add_root(directories, places.home + "/Ascend/cann");
    add_root(directories, places.home + "/Ascend/ascend-toolkit/latest");
  }
  for (const char *root : kSystemRoots) add_root(directories, root);
  return directories;
}

bool is_stub(std::string_view real_path) {
  return real_path.find("/devlib/") != std::string_view::npos || real_path.find("/stub/") != std::string_view::npos;
}

std::optional<std::string> LibrarySearch::loaded_file(const std::string &name) {
  Wanted wanted = {name, ""};
  if (dl_iterate_phdr(compare_loaded, &wanted) == 0) return std::nullopt;
  return wanted.found;
}

std::optional<OpenLibrary> LibrarySearch::open_loaded(const std::string &name, const std::string &path) {
  std::error_code ignored;
  const std::string real = std::filesystem::canonical(path, ignored).string();
  if (!places_.library_dir.empty() && !std::filesystem::equivalent(places_.library_dir + "/" + name, path, ignored)) {
    note(path, "this process already uses this file, so it cannot also load the one in HAL_ONBOARD_LIBRARY_DIR");
    return std::nullopt;
  }
  return open_path(real.empty() ? path : real);
}

std::optional<OpenLibrary> LibrarySearch::open(const std::string &name, const std::string &directory) {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  if (directory.empty()) return open_by_name(name);
  std::error_code ignored;
  const std::string path = directory + "/" + name;
  const std::string real = std::filesystem::canonical(path, ignored).string();
  if (real.empty()) return std::nullopt;  // description() names the directory
  if (is_stub(real)) {
    note(path, "this is a stub for linking" + (real == path ? "" : " (" + real + ")"));
    return std::nullopt;
  }
  if (is_refused(path)) return std::nullopt;
  return open_path(real);
}

// Only the linker knows which file it will find, so the file is judged after it was loaded.
std::optional<OpenLibrary> LibrarySearch::open_by_name(const std::string &name) {
  std::optional<OpenLibrary> library = open_path(name);
  return library && is_refused(library->path) ? std::nullopt : library;
}

bool LibrarySearch::is_refused(const std::string &path) {
  const std::string why = plugin::distrust(path);
  if (!why.empty()) note(path, why);
  return !why.empty();
}

std::optional<OpenLibrary> LibrarySearch::open_path(const std::string &path) {
  plugin::fault_point("onboard.library");
  void *handle = nullptr;
  {
    const SignalKeeper signals;
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == nullptr) {
    const std::string why = linker_text();
    const bool merely_absent = path.find('/') == std::string::npos && why.starts_with(path + ": cannot open");
    if (!merely_absent) note(path, why);
    return std::nullopt;
  }
  std::string real = file_of(handle);
  if (is_stub(real)) {
    note(path, "this is a stub for linking (" + real + ")");
    return std::nullopt;
  }
  return OpenLibrary{handle, std::move(real)};
}

std::string LibrarySearch::description() const {
  std::string text;
  if (!failures_.empty()) text = plugins::join(failures_, "; ");
  if (names_.empty()) return text;
  std::vector<std::string> directories = search_directories(places_);
  for (std::string &directory : directories)
    if (directory.empty()) directory = "the linker's default directories";
  return text + (text.empty() ? "" : "; ") + "searched for " + plugins::join(names_, " and ") + " in " +
         plugins::join(directories, ", ");
}

SignalKeeper::SignalKeeper() {
  kept_.reserve(static_cast<std::size_t>(SIGRTMAX));
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    Kept kept = {signal, {}};
    const bool can_change = signal != SIGKILL && signal != SIGSTOP;
    if (can_change && sigaction(signal, nullptr, &kept.action) == 0) kept_.push_back(kept);
  }
}

SignalKeeper::~SignalKeeper() {
  for (const Kept &kept : kept_) {
    struct sigaction now = {};
    if (sigaction(kept.signal, nullptr, &now) == 0 && !same(now, kept.action))
      sigaction(kept.signal, &kept.action, nullptr);
  }
}

}  // namespace hal::onboard
