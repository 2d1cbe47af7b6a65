// SPDX-License-Identifier: Apache-2.0
//
// What libhal says, as halprobe's own values. Only probe_file and ask_selection run code of plugins.
#ifndef TOOLS_HALPROBE_LIBRARY_HPP_
#define TOOLS_HALPROBE_LIBRARY_HPP_

#include <hal/hal.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "report.hpp"

namespace halprobe {

// A call of libhal that failed.
class LibraryError : public std::runtime_error {
 public:
  // Takes the calling thread's last error.
  LibraryError();
  hal_status_t status() const noexcept { return status_; }
  const std::string &hint() const noexcept { return hint_; }

 private:
  explicit LibraryError(const hal_error_info_t &info);
  hal_status_t status_;
  std::string hint_;
};

// hal_init and hal_shutdown.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library &) = delete;
  Library &operator=(const Library &) = delete;
};

// Does the work while libhal is down, so that a process may be forked that uses it. If the work throws, libhal stays
// down.
void pause_library(const std::function<void()> &work);

// Searches and inspects; loads nothing.
std::vector<Row> scan_rows();
std::vector<Place> scanned_places();

// The index of a file in the last scan, or in a new one if there was none.
std::uint32_t index_of_file(const std::string &path);

// Which devices to open: those of `list` are only counted.
struct DeviceWish {
  bool open = false;
  std::optional<std::uint32_t> only;
};

// Loads and probes the file in this process.
Answer probe_file(const std::string &path, const DeviceWish &wish);

// What a program gets that names no backend.
Selected ask_selection();

// The core's variables, and those of plugins that this process has loaded.
std::vector<Variable> read_variables();

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_LIBRARY_HPP_
