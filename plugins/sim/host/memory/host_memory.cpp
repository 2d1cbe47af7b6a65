// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/host_memory.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "hal/hal_plugin.hpp"
#include "sim/wire/doorbell.hpp"
#include "support/machine.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kUncheckedBytes = std::uint64_t{64} << 20;  // allocated without a check, at most
constexpr std::uint64_t kFreshNs = 100'000'000;                     // how long a value that was read is used

std::optional<std::uint64_t> number(const std::optional<std::string> &text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// The bytes that a control group may still use. Cached files do not count: the system can drop them. Nothing: the group
// has no limit.
std::optional<std::uint64_t> available_to_group(const std::string &root, const std::string &group) {
  const auto limit = number(plugins::first_line(root, (group + "/memory.max").c_str()));
  const auto used = number(plugins::first_line(root, (group + "/memory.current").c_str()));
  if (!limit || !used) return std::nullopt;
  std::uint64_t files = 0;
  std::ifstream stat(root + group + "/memory.stat");
  std::uint64_t value = 0;
  for (std::string key; stat >> key >> value;)
    if (key == "inactive_file") files = value;
  const std::uint64_t needed = *used - std::min(*used, files);
  return *limit - std::min(*limit, needed);
}

// The control group of this process in the unified hierarchy. "" = unknown.
std::string own_group(const std::string &root) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::/")) return line.substr(3);
  return {};
}

// The last value that was read.
struct Reading {
  std::atomic<std::uint64_t> unchecked_bytes{0};  // allocated since the last check
  std::mutex mutex;                               // of the members below
  std::optional<AvailableMemory> available;
  std::uint64_t read_ns = 0;
};

Reading &reading() {
  static Reading state;
  return state;
}

}  // namespace

std::optional<AvailableMemory> read_available_memory(const std::string &root) {
  std::optional<AvailableMemory> lowest;
  if (const auto available = plugins::meminfo_bytes(root, "MemAvailable"))
    lowest = {*available + plugins::meminfo_bytes(root, "SwapFree").value_or(0),
              "MemAvailable and SwapFree of /proc/meminfo"};
  std::filesystem::path group = own_group(root);
  while (group.has_relative_path()) {  // the root group has no limit
    const std::string place = "/sys/fs/cgroup" + group.string();
    if (const auto left = available_to_group(root, place); left && (!lowest || *left < lowest->bytes))
      lowest = {*left, "memory.max of " + place};
    group = group.parent_path();
  }
  return lowest;
}

void check_fits(std::uint64_t size_bytes, std::uint64_t untouched_bytes, const AvailableMemory &available) {
  const std::uint64_t left = available.bytes - std::min(available.bytes, untouched_bytes);
  if (size_bytes <= left) return;
  throw plugin::Failure(
      HAL_ERR_OUT_OF_MEMORY,
      std::to_string(size_bytes) +
          " bytes are more than this machine has available: " + plugins::size_text(available.bytes) + " (" +
          available.source + "), less " + plugins::size_text(untouched_bytes) + " that are allocated but not used yet",
      "allocate less, free memory, or use a machine or control group with more memory (HAL_SIM_MEMORY is the memory of "
      "the simulated device, not of the machine)");
}

void check_host_memory(std::uint64_t size_bytes, std::uint64_t (*untouched_bytes)()) {
  Reading &state = reading();
  if (size_bytes < kUncheckedBytes &&
      state.unchecked_bytes.fetch_add(size_bytes, std::memory_order_relaxed) + size_bytes < kUncheckedBytes)
    return;
  const std::uint64_t untouched = untouched_bytes();
  const std::lock_guard lock(state.mutex);
  const std::uint64_t now = wire::now_ns();
  const bool fresh =
      state.available && now - state.read_ns < kFreshNs && size_bytes + untouched < state.available->bytes / 2;
  if (!fresh) {
    state.available = read_available_memory("");
    state.read_ns = now;
  }
  if (state.available) check_fits(size_bytes, untouched, *state.available);
  state.unchecked_bytes.store(0, std::memory_order_relaxed);
}

}  // namespace hal::sim
