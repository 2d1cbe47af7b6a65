// SPDX-License-Identifier: Apache-2.0
//
// The simulated device. It takes commands from the ring in order and runs them, in the device process or, for
// debugging, on threads of the host (HAL_SIM_PROCESS=0).
#ifndef HAL_PLUGINS_SIM_DEVICE_ENGINE_HPP_
#define HAL_PLUGINS_SIM_DEVICE_ENGINE_HPP_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "sim/device/object_store.hpp"
#include "sim/device/window_access.hpp"
#include "sim/device/worker_pool.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::device {

// Watches launches that have a time limit. The dispatcher's thread makes both calls.
class LaunchWatch {
 public:
  virtual void begin(const wire::Command &command) = 0;
  virtual void end() = 0;

 protected:
  ~LaunchWatch() = default;
};

class Engine {
 public:
  struct Options {
    LaunchWatch *watch = nullptr;         // null: time limits are not enforced
    WindowAccess *window = nullptr;       // null: all of the shared window is accessible
    void (*on_thread_start)() = nullptr;  // runs first on every thread that runs kernels
    std::string hooks_path = {};          // of hal-sim-hooks.so
  };

  // Starts the threads. control outlives the engine.
  Engine(wire::Control &control, const Options &options);
  // Waits for the running command, then ends the threads.
  ~Engine();
  Engine(const Engine &) = delete;
  Engine &operator=(const Engine &) = delete;

  ObjectStore &objects() { return objects_; }
  const WorkerPool &workers() const { return pool_; }

 private:
  void dispatch();
  bool wait_for_command(std::uint64_t next, bool rang);
  bool run_command(std::uint64_t number);
  void launch(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors);

  wire::Control &control_;
  const Options options_;
  ObjectStore objects_;
  WorkerPool pool_;
  std::thread dispatcher_;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_ENGINE_HPP_
