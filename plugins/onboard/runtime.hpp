// SPDX-License-Identifier: Apache-2.0
//
// The vendor's runtime in this process: opened once, of one family, and started and ended by count.
#ifndef HAL_PLUGINS_ONBOARD_RUNTIME_HPP_
#define HAL_PLUGINS_ONBOARD_RUNTIME_HPP_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "onboard/options.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// Why the runtime cannot be had, for probe; reason is of the closed set of docs/operator.md.
struct Obstacle {
  const char *reason;
  std::string detail;
  std::string hint;
};

// Chooses a family and fills a table from the first library that has all of its core functions. Both plugins of a
// process choose alike: they have the same options, and the file that the first one loaded is the only one that the
// second one sees.
std::optional<Obstacle> open_vendor(const Options &options, VendorApi &api);

class Runtime {
 public:
  static Runtime &instance();

  // Opens the libraries if that has not been done yet; nothing = it is open. A failed search is repeated by the next
  // call, a successful one is final.
  std::optional<Obstacle> open();
  // The table; open() has answered "nothing".
  const VendorApi &api() const { return api_; }

  // Whether somebody else in the process had started the runtime before us.
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

// Keeps the runtime started as long as it lives: an open device, or a question that needs it. With the last one, our
// start is given back, so that starts and ends are paired whatever happens between.
class StartedRuntime {
 public:
  // Throws plugin::Failure, UNAVAILABLE with the obstacle, or what starting it gave.
  StartedRuntime();
  ~StartedRuntime() { Runtime::instance().release(); }
  StartedRuntime(const StartedRuntime &) = delete;
  StartedRuntime &operator=(const StartedRuntime &) = delete;

  const VendorApi &api() const { return Runtime::instance().api(); }
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_RUNTIME_HPP_
