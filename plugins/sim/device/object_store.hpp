// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects that are loaded, by content, into the process that runs kernels.
#ifndef HAL_PLUGINS_SIM_DEVICE_OBJECT_STORE_HPP_
#define HAL_PLUGINS_SIM_DEVICE_OBJECT_STORE_HPP_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "sim/wire/channel.hpp"

namespace hal::sim::device {

class ObjectStore {
 public:
  // hooks_path: of hal-sim-hooks.so, which is opened before the first object.
  explicit ObjectStore(std::string hooks_path) : hooks_path_(std::move(hooks_path)) {}
  // Unloads the remaining objects. No kernel of them may be running.
  ~ObjectStore();
  ObjectStore(const ObjectStore &) = delete;
  ObjectStore &operator=(const ObjectStore &) = delete;

  // Carries out a load, unload or find request. fd: the object's bytes (load). The store takes ownership of it.
  wire::Reply answer(const wire::Request &request, int fd);

 private:
  struct Object {
    void *handle;
    int fd;
    std::string name;
  };

  static void release(const Object &object);
  wire::Reply carry_out(const wire::Request &request, int fd);
  wire::Reply load(std::uint32_t number, int fd);
  wire::Reply unload(std::uint32_t object);
  wire::Reply find(std::uint32_t object, const char *kernel);

  const std::string hooks_path_;
  std::mutex mutex_;
  std::map<std::uint32_t, Object> objects_;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_OBJECT_STORE_HPP_
