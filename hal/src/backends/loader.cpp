// SPDX-License-Identifier: Apache-2.0
#include "backends/loader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "backends/elf_image.hpp"
#include "diagnostics/log.hpp"

namespace hal::core {
namespace {

namespace dll = boost::dll;

// An opened file, with its stamp at that time.
struct OpenLibrary {
  std::unique_ptr<dll::shared_library> library;
  FileStamp stamp;
};

// The plugins of this process, and the files that threads are loading. Nothing here is ever destroyed: plugin code may
// be running on a thread until the process ends, and a refused plugin may have kept the address of its services.
struct LoadedPlugins {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Plugin *> plugins;
  std::vector<OpenLibrary> libraries;
  std::vector<std::unique_ptr<Plugin>> refused;
  std::set<std::string> loading;
};

LoadedPlugins &loaded_plugins() {
  static LoadedPlugins &loaded = *new LoadedPlugins;
  return loaded;
}

const char *load_failure_reason(std::string_view text) {
  const auto has = [&](const char *words) { return text.find(words) != std::string_view::npos; };
  if (has("undefined symbol")) return "undefined_symbol";
  if (has("cannot open shared object file")) return "missing_dependency";
  return "load_failed";
}

// The linker's text, without the words that Boost adds.
std::string linker_text(std::string_view what) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const std::size_t start = what.find(kBefore);
  const std::size_t end = what.rfind(')');
  if (start == std::string_view::npos || end == std::string_view::npos || end < start + kBefore.size())
    return std::string(what);
  return std::string(what.substr(start + kBefore.size(), end - start - kBefore.size()));
}

// dlopen opens the path again. Call this before and after it, to make sure that the file is the checked one.
bool is_checked_file(Candidate &candidate) {
  struct stat info = {};
  if (::stat(candidate.real_path.c_str(), &info) == 0 && stamp_of(info) == candidate.stamp) return true;
  candidate.break_with("load_failed", "the file has changed since it was checked", "try again");
  return false;
}

// Detects another file that was at the path only while the linker opened it. Its constructors have run by then: only
// the check of owners and modes (trust.hpp) prevents that.
bool is_checked_object(void *library, Candidate &candidate) {
  if (loaded_identity(library) == candidate.identity) return true;
  candidate.break_with("load_failed", "the linker loaded another file than the checked one",
                       "restart the process to use the checked file");
  return false;
}

// glibc identifies libraries by name: for a new file of the same name it returns the old library.
dll::shared_library *keep(std::unique_ptr<dll::shared_library> library, Candidate &candidate) {
  LoadedPlugins &loaded = loaded_plugins();
  const std::lock_guard lock(loaded.mutex);
  for (const OpenLibrary &other : loaded.libraries)
    if (other.library->native() == library->native() &&
        (other.stamp.device != candidate.stamp.device || other.stamp.inode != candidate.stamp.inode))
      candidate.break_with("load_failed", "this process has already loaded an earlier file of this name",
                           "restart the process to use the new file");
  loaded.libraries.push_back({std::move(library), candidate.stamp});
  return loaded.libraries.back().library.get();
}

dll::shared_library *open_library(Candidate &candidate) {
  if (!is_checked_file(candidate)) return nullptr;
  auto library = std::make_unique<dll::shared_library>();
  try {
    library->load(candidate.real_path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const std::exception &error) {
    const std::string text = linker_text(error.what());
    candidate.break_with(load_failure_reason(text), text, "install what the text names, or reinstall the plugin");
    return nullptr;
  }
  if (is_checked_file(candidate) && is_checked_object(library->native(), candidate) &&
      !library->has(HAL_PLUGIN_ENTRY_NAME))
    candidate.break_with("no_entry_point", "it does not export " HAL_PLUGIN_ENTRY_NAME, "rebuild the plugin");
  return keep(std::move(library), candidate);
}

Plugin *load_now(Candidate &candidate) {
  dll::shared_library *library = open_library(candidate);
  if (candidate.status == CandidateStatus::kBroken) return nullptr;
  auto &entry = library->get<hal_status_t(const hal_host_v1_t *, hal_plugin_v1_t *)>(HAL_PLUGIN_ENTRY_NAME);
  auto plugin = std::make_unique<Plugin>(candidate);
  if (plugin->attach(&entry, candidate)) return plugin.release();
  LoadedPlugins &loaded = loaded_plugins();
  const std::lock_guard lock(loaded.mutex);
  loaded.refused.push_back(std::move(plugin));
  return nullptr;
}

Plugin *find_loaded(const LoadedPlugins &loaded, const Candidate &candidate) {
  const auto plugin = std::find_if(loaded.plugins.begin(), loaded.plugins.end(), [&](const Plugin *p) {
    return p->path() == candidate.real_path && p->is_file(candidate.stamp);
  });
  return plugin != loaded.plugins.end() ? *plugin : nullptr;
}

constinit thread_local bool is_loading = false;

// Marks a file as being loaded by this thread. Releases the lock while it exists.
class LoadingFile {
 public:
  LoadingFile(LoadedPlugins &loaded, std::unique_lock<std::mutex> &lock, const std::string &path)
      : loaded_(loaded), lock_(lock), place_(loaded.loading.insert(path).first) {
    is_loading = true;
    lock_.unlock();
  }
  ~LoadingFile() {
    lock_.lock();
    is_loading = false;
    loaded_.loading.erase(place_);
    loaded_.changed.notify_all();
  }
  LoadingFile(const LoadingFile &) = delete;
  LoadingFile &operator=(const LoadingFile &) = delete;

 private:
  LoadedPlugins &loaded_;
  std::unique_lock<std::mutex> &lock_;
  std::set<std::string>::iterator place_;
};

// The caller holds the lock. It is released while the file is loaded.
Plugin *load_unlocked(LoadedPlugins &loaded, std::unique_lock<std::mutex> &lock, Candidate &candidate) {
  Plugin *plugin = nullptr;
  {
    const LoadingFile loading(loaded, lock, candidate.real_path);
    plugin = load_now(candidate);
  }
  if (plugin != nullptr) loaded.plugins.push_back(plugin);
  return plugin;
}

}  // namespace

Plugin *load_plugin(Candidate &candidate) {
  if (candidate.status == CandidateStatus::kBroken) return nullptr;
  LoadedPlugins &loaded = loaded_plugins();
  std::unique_lock lock(loaded.mutex);
  // A thread inside a load does not wait: two such threads that need each other's file would deadlock.
  if (!is_loading) loaded.changed.wait(lock, [&] { return !loaded.loading.contains(candidate.real_path); });
  if (Plugin *plugin = find_loaded(loaded, candidate)) return plugin;
  if (is_loading) {
    candidate.break_with("load_failed", "this thread is loading a plugin, whose callbacks cannot load another one",
                         "load plugins after the callback has returned", HAL_ERR_BUSY);
    return nullptr;
  }
  Plugin *plugin = load_unlocked(loaded, lock, candidate);
  lock.unlock();
  if (plugin == nullptr) {
    log_broken(candidate);
    return nullptr;
  }
  log(HAL_LOG_INFO, "loaded {} (backend {}, version {}, build id {})", plugin->path(), plugin->name(),
      plugin->version(), candidate.build_id.empty() ? "none" : candidate.build_id);
  return plugin;
}

}  // namespace hal::core
