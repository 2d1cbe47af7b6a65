// SPDX-License-Identifier: Apache-2.0
//
// Where the vendor's libraries are looked for, and how one is opened. Once open, it stays: the vendor starts threads
// that unloading would pull the code away from.
#ifndef HAL_PLUGINS_ONBOARD_LIBRARY_HPP_
#define HAL_PLUGINS_ONBOARD_LIBRARY_HPP_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hal::onboard {

// The places of one user; "" = not set.
struct Places {
  std::string library_dir;   // HAL_ONBOARD_LIBRARY_DIR: nothing else then
  std::string install_path;  // ASCEND_INSTALL_PATH
  std::string home_path;     // ASCEND_HOME_PATH
  std::string toolkit_home;  // ASCEND_TOOLKIT_HOME
  std::string library_path;  // LD_LIBRARY_PATH
  std::string home;          // HOME
};

// As the environment says, through the core.
Places read_places(const std::string &library_dir);

// The directories in order, each once. The linker's own search comes between the user's and the system's places: it is
// the entry "".
std::vector<std::string> search_directories(const Places &places);

// A toolkit has libraries to link against beside those to run with, under the same names.
bool is_stub(std::string_view real_path);

struct OpenLibrary {
  void *handle = nullptr;
  std::string path;  // real
};

// Opens libraries and remembers, for the message, what was tried.
class LibrarySearch {
 public:
  explicit LibrarySearch(Places places) : places_(std::move(places)) {}

  // Calls use(library) for each file of that name that opens, in order, until one is taken. A library that the process
  // has loaded already is the only one asked: a second copy of the vendor's runtime in a process would break both.
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
  // Every directory, and every file that was there and could not be used.
  std::string story() const;

 private:
  static std::optional<std::string> loaded_file(const std::string &name);
  std::optional<OpenLibrary> open_loaded(const std::string &name, const std::string &path);
  std::optional<OpenLibrary> open(const std::string &name, const std::string &directory);
  std::optional<OpenLibrary> open_path(const std::string &path);

  const Places places_;
  std::vector<std::string> names_;
  std::vector<std::string> failures_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_LIBRARY_HPP_
