// SPDX-License-Identifier: Apache-2.0
//
// The vendor's runtime in this process. One family is opened once; starts and ends are counted.
#ifndef HAL_PLUGINS_ONBOARD_RUNTIME_HPP_
#define HAL_PLUGINS_ONBOARD_RUNTIME_HPP_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "onboard/options.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// Why the runtime cannot be used. reason is one of those listed in docs/operator.md.
struct Obstacle {
  const char *reason;
  std::string detail;
  std::string hint;
};

// Chooses a family and fills a table from the first library that has all of its core functions. Both onboard plugins of
// a process choose the same library: they have the same options, and the second uses the file that the first loaded.
std::optional<Obstacle> open_vendor(const Options &options, VendorApi &api);

class Runtime {
 public:
  static Runtime &instance();

  // Opens the library unless it is open already; nullopt if it is open. After a failure the next call searches again.
  std::optional<Obstacle> open();
  // Valid after open() returned nullopt.
  const VendorApi &api() const { return api_; }

  // Whether another component of the process started the runtime before libhal.
  bool shared() const { return shared_; }

 private:
  friend class StartedRuntime;

  void hold();
  void release() noexcept;
  void start();
  void end() noexcept;

  std::mutex mutex_;
  VendorApi api_;
  bool open_ = false;
  bool started_ = false;
  bool shared_ = false;
  std::uint32_t holds_ = 0;
};

// Keeps the runtime started during its lifetime. An open device has one, and so has a query that needs the runtime.
// Destroying the last one ends the runtime, so each start has one end.
class StartedRuntime {
 public:
  // Throws plugin::Failure: UNAVAILABLE if the runtime cannot be opened, or the error of starting it.
  StartedRuntime();
  ~StartedRuntime() { Runtime::instance().release(); }
  StartedRuntime(const StartedRuntime &) = delete;
  StartedRuntime &operator=(const StartedRuntime &) = delete;

  const VendorApi &api() const { return Runtime::instance().api(); }
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_RUNTIME_HPP_
