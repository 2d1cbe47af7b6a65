// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects, loaded by content into the process that runs kernels.
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
  // hooks_path: the library that TileHooks opens before the first object.
  explicit ObjectStore(std::string hooks_path) : hooks_path_(std::move(hooks_path)) {}
  // Unloads what is left, such as after a reset. No kernel of it may be running.
  ~ObjectStore();
  ObjectStore(const ObjectStore &) = delete;
  ObjectStore &operator=(const ObjectStore &) = delete;

  // Answers load, unload and find. fd: the object's bytes (load); owned by the store from here on.
  wire::Reply answer(const wire::Request &request, int fd);

 private:
  struct Object {
    void *handle;
    int fd;
    std::string name;
  };

  static void release(const Object &object);
  wire::Reply load(int fd);
  wire::Reply unload(std::uint32_t object);
  wire::Reply find(std::uint32_t object, const char *kernel);

  const std::string hooks_path_;
  std::mutex mutex_;
  std::map<std::uint32_t, Object> objects_;
  std::uint32_t next_ = 1;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_OBJECT_STORE_HPP_
