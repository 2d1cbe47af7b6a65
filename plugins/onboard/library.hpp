// SPDX-License-Identifier: Apache-2.0
//
// Searches for the vendor's libraries and opens them. An open library is never closed, because the vendor's threads run
// its code.
#ifndef HAL_PLUGINS_ONBOARD_LIBRARY_HPP_
#define HAL_PLUGINS_ONBOARD_LIBRARY_HPP_

#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hal::onboard {

// The variables that name directories; "" = not set.
struct Places {
  std::string library_dir;   // HAL_ONBOARD_LIBRARY_DIR: if set, the only one used
  std::string install_path;  // ASCEND_INSTALL_PATH
  std::string home_path;     // ASCEND_HOME_PATH
  std::string toolkit_home;  // ASCEND_TOOLKIT_HOME
  std::string library_path;  // LD_LIBRARY_PATH
  std::string home;          // HOME
};

// Reads the variables through the core.
Places read_places(const std::string &library_dir);

// The directories in search order, without duplicates. The entry "" is the linker's own search. It comes after the
// directories from the environment and before the default directories.
std::vector<std::string> search_directories(const Places &places);

// A toolkit contains stubs for linking with the same names as the libraries.
bool is_stub(std::string_view real_path);

struct OpenLibrary {
  void *handle = nullptr;
  std::string path;  // real
};

// Opens libraries and records each attempt for the error message.
class LibrarySearch {
 public:
  explicit LibrarySearch(Places places) : places_(std::move(places)) {}

  // Calls use(library) for each file of that name that can be opened, in order, until one call returns true. If the
  // process has loaded such a library already, only that one is tried: two copies of the vendor's runtime break each
  // other.
  template <typename Use>
  bool find(const std::string &name, Use &&use) {
    if (const auto loaded = loaded_file(name)) {
      const auto library = open_loaded(name, *loaded);
      return library && use(*library);
    }
    for (const std::string &directory : search_directories(places_))
      if (const auto library = open(name, directory); library && use(*library)) return true;
    return false;
  }

  void note(const std::string &path, const std::string &why) { failures_.push_back(path + ": " + why); }
  // Names every directory searched and every file that could not be used, with the reason.
  std::string description() const;

 private:
  static std::optional<std::string> loaded_file(const std::string &name);
  std::optional<OpenLibrary> open_loaded(const std::string &name, const std::string &path);
  std::optional<OpenLibrary> open(const std::string &name, const std::string &directory);
  std::optional<OpenLibrary> open_by_name(const std::string &name);
  std::optional<OpenLibrary> open_path(const std::string &path);
  // Whether the core refuses the file; notes why.
  bool is_refused(const std::string &path);

  const Places places_;
  std::vector<std::string> names_;
  std::vector<std::string> failures_;
};

// Opening or starting the vendor's runtime installs handlers for 13 signals over the application's. This remembers the
// action of every signal and restores the changed ones when it is destroyed. It also undoes a handler that another
// thread installs meanwhile, because it cannot distinguish the two.
class SignalKeeper {
 public:
  SignalKeeper();
  ~SignalKeeper();
  SignalKeeper(const SignalKeeper &) = delete;
  SignalKeeper &operator=(const SignalKeeper &) = delete;

 private:
  struct Kept {
    int signal;
    struct sigaction action;
  };
  std::vector<Kept> kept_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_LIBRARY_HPP_
