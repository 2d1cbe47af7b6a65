// SPDX-License-Identifier: Apache-2.0
//
// Memory that the blocks of one launch share by name, for the tile library's hooks. It is zeroed, and an inaccessible
// guard page follows it.
#ifndef HAL_PLUGINS_SIM_DEVICE_SHARED_STORAGE_HPP_
#define HAL_PLUGINS_SIM_DEVICE_SHARED_STORAGE_HPP_

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "sim/hooks/hooks.hpp"

namespace hal::sim::device {

class SharedStorage {
 public:
  SharedStorage() = default;
  ~SharedStorage() { clear(); }
  SharedStorage(const SharedStorage &) = delete;
  SharedStorage &operator=(const SharedStorage &) = delete;

  // Returns the storage of the key, and creates it on the first call. The first call decides the size. The storage ends
  // at the guard page, so it starts on a multiple of the largest power of two that divides its size. Any thread.
  hooks::Found find(const hooks::Key &key, std::size_t size_bytes);
  static hooks::Found find(void *storage, const hooks::Key &key, std::size_t size_bytes);

  // Frees all storage. No block may be running.
  void clear() noexcept;

 private:
  struct Region {
    std::byte *mapping;
    std::size_t mapped_bytes;
    std::size_t size_bytes;
    std::byte *start;
  };

  std::mutex mutex_;
  std::map<std::string, Region> regions_;
  std::atomic<bool> used_{false};
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_SHARED_STORAGE_HPP_
