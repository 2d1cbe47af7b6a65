// SPDX-License-Identifier: Apache-2.0
//
// libhal's data as halprobe's own types. Only probe_file, read_devices and ask_selection run plugin code.
#ifndef TOOLS_HALPROBE_LIBRARY_HPP_
#define TOOLS_HALPROBE_LIBRARY_HPP_

#include <hal/hal.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "report.hpp"

namespace halprobe {

// A failed call of libhal.
class LibraryError : public std::runtime_error {
 public:
  // Copies the calling thread's last error.
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

// Shuts libhal down, runs the work and initialises libhal again. The work may fork processes that use libhal. If the
// work throws, libhal stays shut down.
void pause_library(const std::function<void()> &work);

// Searches for plugins and inspects their files. Loads none of them.
std::vector<Row> scan_rows();
std::vector<Place> scanned_places();

// The index of a file in the last scan. Scans first if this process has not scanned yet.
std::uint32_t index_of_file(const std::string &path);

// The devices to read. With open = false they are only counted.
struct DeviceRequest {
  bool open = false;
  std::optional<std::uint32_t> only;
};

// Loads and probes the file in this process.
Answer probe_file(const std::string &path, const DeviceRequest &request);

// Throws LibraryError if the backend cannot count its devices, or a device cannot be opened.
std::vector<Device> read_devices(const std::string &backend, const DeviceRequest &request);

// Every engine's name, in the order of the columns of `halprobe probe`.
std::vector<std::string> all_engine_names();

// The selection of a program that names no backend.
Selected ask_selection();

// libhal's suggestion for the name of a backend that does not exist: ", did you mean 'x'?" or "".
std::string suggest_backend(const std::string &unknown);

// Every status and its name, as in messages.
std::vector<std::pair<std::string, hal_status_t>> status_names();

// The variables of libhal, and of the plugins that this process has loaded.
std::vector<Variable> read_variables();

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_LIBRARY_HPP_
