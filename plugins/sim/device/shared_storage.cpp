// SPDX-License-Identifier: Apache-2.0
#include "sim/device/shared_storage.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace hal::sim::device {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 40;

std::string name_of(const hooks::Key &key) {
  if (key.text != nullptr) return "t" + std::string(key.text, key.text_bytes);
  return "p" + std::to_string(key.block) + "." + std::to_string(key.pipe);
}

}  // namespace

hooks::Found SharedStorage::find(const hooks::Key &key, std::size_t size_bytes) {
  const std::lock_guard lock(mutex_);
  const std::string name = name_of(key);
  if (const auto known = regions_.find(name); known != regions_.end()) {
    if (size_bytes <= known->second.size_bytes) return {known->second.start, nullptr};
    return {nullptr, "an earlier request in this launch was smaller; use one size for each key"};
  }
  if (size_bytes > kMaxBytes) return {nullptr, "the limit is 1 TiB"};
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t usable = (size_bytes + page - 1) / page * page;
  void *memory = mmap(nullptr, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {nullptr, "the machine is out of memory"};
  auto *mapping = static_cast<std::byte *>(memory);
  if (mprotect(mapping + usable, page, PROT_NONE) != 0) {
    munmap(memory, usable + page);
    return {nullptr, "its guard page cannot be created"};
  }
  const Region region = {mapping, usable + page, size_bytes, mapping + usable - size_bytes};
  regions_.emplace(name, region);
  used_.store(true, std::memory_order_relaxed);
  return {region.start, nullptr};
}

hooks::Found SharedStorage::find(void *storage, const hooks::Key &key, std::size_t size_bytes) {
  return static_cast<SharedStorage *>(storage)->find(key, size_bytes);
}

void SharedStorage::clear() noexcept {
  if (!used_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  for (const auto &[name, region] : regions_) munmap(region.mapping, region.mapped_bytes);
  regions_.clear();
  used_.store(false, std::memory_order_relaxed);
}

}  // namespace hal::sim::device
