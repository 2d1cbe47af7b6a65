// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/device_memory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace hal::sim {
namespace {

constexpr std::uint64_t kGapBytes = 2 * chips::kMiB;  // after the arena and after the window; never accessible

// The memory of all devices of this backend in this process.
struct Devices {
  std::mutex mutex;  // also guards where each device is placed
  std::vector<const DeviceMemory *> list;
};

Devices &devices() {
  static Devices all;
  return all;
}

std::uint64_t with_gap(std::uint64_t bytes) { return round_up(bytes, kGapBytes) + kGapBytes; }

}  // namespace

DeviceMemory::DeviceMemory(const chips::Chip &chip, const Options &options, std::uint32_t ordinal)
    : chip_(chip), ordinal_(ordinal), window_(options, ordinal), arena_(chip, options, ordinal) {
  const std::lock_guard lock(devices().mutex);
  devices().list.push_back(this);
}

DeviceMemory::~DeviceMemory() {
  const std::lock_guard lock(devices().mutex);
  std::erase(devices().list, this);
}

std::uint64_t DeviceMemory::reservation_bytes() const {
  return with_gap(arena_.mapped_bytes()) + with_gap(window_.mapped_bytes());
}

void DeviceMemory::place(Mapping reservation) {
  const std::lock_guard lock(devices().mutex);
  reservation_ = std::move(reservation);
  arena_.set_address(reservation_.address());
  window_.set_address(reservation_.address() + with_gap(arena_.mapped_bytes()));
}

bool DeviceMemory::contains(std::uint64_t address) const {
  return address >= reservation_.address() && address - reservation_.address() < reservation_.size_bytes();
}

void DeviceMemory::check() {
  arena_.check();
  window_.check();
}

void DeviceMemory::log_damage() noexcept {
  arena_.log_damage();
  window_.log_damage();
}

void DeviceMemory::clear() {
  arena_.clear();
  window_.clear();
}

std::uint64_t DeviceMemory::untouched_bytes() const {
  const auto untouched = [](const auto &space) {
    struct stat state = {};
    const std::uint64_t taken =
        fstat(space.file().get(), &state) == 0 ? static_cast<std::uint64_t>(state.st_blocks) * 512 : 0;
    const std::uint64_t used = space.capacity_bytes() - space.free_bytes();
    return used - std::min(used, taken);
  };
  return untouched(arena_) + untouched(window_);
}

std::uint64_t DeviceMemory::untouched_bytes_of_all() {
  const std::lock_guard lock(devices().mutex);
  std::uint64_t all = 0;
  for (const DeviceMemory *memory : devices().list) all += memory->untouched_bytes();
  return all;
}

std::optional<std::uint32_t> DeviceMemory::owner_of(std::uint64_t address) {
  const std::lock_guard lock(devices().mutex);
  for (const DeviceMemory *memory : devices().list)
    if (memory->contains(address)) return memory->ordinal_;
  return std::nullopt;
}

}  // namespace hal::sim
