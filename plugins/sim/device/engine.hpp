// SPDX-License-Identifier: Apache-2.0
//
// The simulated device: takes commands from the ring in order and runs them. It lives in the device process, or, for a
// debugger, on threads of the host.
#ifndef HAL_PLUGINS_SIM_DEVICE_ENGINE_HPP_
#define HAL_PLUGINS_SIM_DEVICE_ENGINE_HPP_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "sim/device/object_store.hpp"
#include "sim/device/worker_pool.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::device {

// Is told of launches with a time limit. Both are called on the dispatcher's thread.
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
    void (*on_thread_start)() = nullptr;  // first thing on every thread that runs kernels
    std::string hooks_path = {};          // of the library that TileHooks opens
  };

  // Starts the threads. control outlives the engine.
  Engine(wire::Control &control, const Options &options);
  // Waits for the command under way, then ends the threads.
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
