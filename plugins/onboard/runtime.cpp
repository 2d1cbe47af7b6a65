// SPDX-License-Identifier: Apache-2.0
#include "onboard/runtime.hpp"
#include "support/text.hpp"

#include <dlfcn.h>

#include "onboard/library.hpp"
#include "onboard/vendor_error.hpp"

namespace hal::onboard {
namespace {

constexpr const char *kAclLibraries[] = {"libascendcl.so", "libacl_rt.so"};
constexpr const char *kRtLibraries[] = {"libruntime.so"};
constexpr const char *kInstallHint =
    "install the driver and the toolkit, and source the toolkit's set_env.sh before you start the program (or set "
    "HAL_ONBOARD_LIBRARY_DIR to the toolkit's lib64); in a container, map /dev/davinci*, /dev/davinci_manager, "
    "/dev/devmm_svm, /dev/hisi_hdc and the driver's directory";

using Fill = std::vector<std::string> (*)(const Resolve &, VendorApi &);

// The search for one family.
struct Search {
  LibrarySearch files;
  bool opened = false;  // at least one file could be opened, usable or not

  bool find(std::span<const char *const> names, Fill fill, VendorApi &api) {
    for (const char *name : names)
      if (files.find(name, [&](const OpenLibrary &library) { return take(library, fill, api); })) return true;
    return false;
  }

 private:
  bool take(const OpenLibrary &library, Fill fill, VendorApi &api) {
    opened = true;
    VendorApi filled;
    filled.library = library.path;
    const auto resolve = [&](const char *name) { return dlsym(library.handle, name); };
    if (const std::vector<std::string> missing = fill(resolve, filled); !missing.empty()) {
      files.note(library.path, "it lacks " + plugins::join(missing, ", "));
      return false;
    }
    api = std::move(filled);
    return true;
  }
};

Obstacle obstacle_of(const Search &search) {
  if (search.opened)
    return {"driver_version", search.files.description(), "install the vendor's toolkit 8.1.RC1 or newer"};
  return {"driver_missing", search.files.description(), kInstallHint};
}

}  // namespace

std::optional<Obstacle> open_vendor(const Options &options, VendorApi &api) {
  Search search = {LibrarySearch(read_places(options.library_dir))};
  const bool try_acl = options.family != FamilyChoice::kRt;
  if (try_acl && search.find(kAclLibraries, fill_acl, api)) {
    api.forced = options.family == FamilyChoice::kAcl;
    return std::nullopt;
  }
  // If an acl library exists but cannot be used, report that instead of using the internal family.
  const bool try_rt = options.family == FamilyChoice::kRt || (options.family == FamilyChoice::kAuto && !search.opened);
  if (try_rt && search.find(kRtLibraries, fill_rt, api)) {
    api.forced = options.family == FamilyChoice::kRt;
    return std::nullopt;
  }
  return obstacle_of(search);
}

Runtime &Runtime::instance() {
  static Runtime &runtime = *new Runtime;  // never destroyed: other threads may use it during exit
  return runtime;
}

std::optional<Obstacle> Runtime::open() {
  const std::lock_guard lock(mutex_);
  if (open_) return std::nullopt;
  std::optional<Obstacle> obstacle = open_vendor(read_options(), api_);
  open_ = !obstacle;
  if (open_) plugin::log(HAL_LOG_INFO, "vendor runtime: " + describe(api_));
  return obstacle;
}

StartedRuntime::StartedRuntime() {
  Runtime &runtime = Runtime::instance();
  if (const std::optional<Obstacle> obstacle = runtime.open())
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, "the vendor's runtime cannot be used: " + obstacle->detail,
                          obstacle->hint);
  runtime.hold();
}

// kRepeatInitialize means that another component started the runtime first. The call counts as a start, so end() must
// undo it.
void Runtime::start() {
  if (started_) return;
  plugin::fault_point("onboard.init");
  if (api_.init) {
    const SignalKeeper signals;
    const int code = api_.init(nullptr);
    if (code != kOk && code != kRepeatInitialize)
      throw vendor_failure(api_, api_.init.name, "no configuration file", code, HAL_ERR_UNAVAILABLE);
    shared_ = code == kRepeatInitialize;
    if (shared_) drop_recent_error(api_);
  }
  started_ = true;
}

void Runtime::hold() {
  const std::lock_guard lock(mutex_);
  start();
  ++holds_;
}

void Runtime::release() noexcept {
  const std::lock_guard lock(mutex_);
  if (--holds_ == 0) end();
}

// aclFinalize ignores the count and ends the runtime for the whole process. It is called only if the release has no
// counted form and libhal started the runtime first. It also ends the runtime for a component that started it later
// (docs/operator.md).
void Runtime::end() noexcept {
  if (!started_) return;
  started_ = false;
  int code = kOk;
  std::uint64_t left = 0;
  if (api_.finalize_reference)
    code = api_.finalize_reference(&left);
  else if (api_.finalize && !shared_)
    code = api_.finalize();
  if (code != kOk) plugin::log(HAL_LOG_WARN, "ending the vendor's runtime returned " + std::to_string(code));
  shared_ = false;
}

}  // namespace hal::onboard
