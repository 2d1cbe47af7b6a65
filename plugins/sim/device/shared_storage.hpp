// SPDX-License-Identifier: Apache-2.0
//
// Memory that blocks of one launch share by name, as the tile library's hooks hand it out: zeroed, and ending at a page
// that nobody can touch.
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

  // The key's storage, made if there is none; of the size that was asked for first. It starts where it must to end at
  // the page: on a multiple of the greatest power of two that divides the size. Threads: any.
  hooks::Found find(const hooks::Key &key, std::size_t size_bytes);
  static hooks::Found find(void *storage, const hooks::Key &key, std::size_t size_bytes);

  // Gives all of it back; no block is running.
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
