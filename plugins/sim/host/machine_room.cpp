// SPDX-License-Identifier: Apache-2.0
#include "sim/host/machine_room.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "hal/hal_plugin.hpp"
#include "machine/machine.hpp"
#include "sim/wire/doorbell.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kWorthALook = std::uint64_t{64} << 20;  // handed out since the last one
constexpr std::uint64_t kFreshNs = 100'000'000;                 // as long as what was read is believed

std::optional<std::uint64_t> number(const std::optional<std::string> &text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// What a control group may still use: what it has of files can be dropped. Nothing: it has no limit.
std::optional<std::uint64_t> room_of_group(const std::string &root, const std::string &group) {
  const auto limit = number(machine::first_line(root, (group + "/memory.max").c_str()));
  const auto used = number(machine::first_line(root, (group + "/memory.current").c_str()));
  if (!limit || !used) return std::nullopt;
  std::uint64_t files = 0;
  std::ifstream stat(root + group + "/memory.stat");
  std::uint64_t value = 0;
  for (std::string key; stat >> key >> value;)
    if (key == "inactive_file") files = value;
  const std::uint64_t needed = *used - std::min(*used, files);
  return *limit - std::min(*limit, needed);
}

// The group of this process in the unified hierarchy, "" = it is not told.
std::string own_group(const std::string &root) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::/")) return line.substr(3);
  return {};
}

struct Looks {
  std::atomic<std::uint64_t> handed_out{0};  // since the last one
  std::mutex mutex;
  std::optional<MachineRoom> room;
  std::uint64_t read_ns = 0;
};

Looks &looks() {
  static Looks state;
  return state;
}

}  // namespace

std::optional<MachineRoom> read_machine_room(const std::string &root) {
  std::optional<MachineRoom> room;
  if (const auto available = machine::meminfo_bytes(root, "MemAvailable"))
    room = {*available + machine::meminfo_bytes(root, "SwapFree").value_or(0),
            "MemAvailable and SwapFree of /proc/meminfo"};
  std::filesystem::path group = own_group(root);
  while (group.has_relative_path()) {  // the root group has no limit
    const std::string place = "/sys/fs/cgroup" + group.string();
    if (const auto left = room_of_group(root, place); left && (!room || *left < room->bytes))
      room = {*left, "memory.max of " + place};
    group = group.parent_path();
  }
  return room;
}

void check_room(std::uint64_t size_bytes, std::uint64_t untouched_bytes, const MachineRoom &room) {
  const std::uint64_t left = room.bytes - std::min(room.bytes, untouched_bytes);
  if (size_bytes <= left) return;
  throw plugin::Failure(
      HAL_ERR_OUT_OF_MEMORY,
      std::to_string(size_bytes) + " bytes are more than this machine can give: " + machine::size_text(room.bytes) +
          " (" + room.source + "), of which " + machine::size_text(untouched_bytes) +
          " are promised to memory that was allocated and not touched yet",
      "ask for less, free memory, or use a machine or control group with more; HAL_SIM_MEMORY is what the simulated "
      "device has, not the machine");
}

void check_machine_room(std::uint64_t size_bytes, std::uint64_t (*untouched_bytes)()) {
  Looks &state = looks();
  if (size_bytes < kWorthALook &&
      state.handed_out.fetch_add(size_bytes, std::memory_order_relaxed) + size_bytes < kWorthALook)
    return;
  const std::uint64_t untouched = untouched_bytes();
  const std::lock_guard lock(state.mutex);
  const std::uint64_t now = wire::now_ns();
  const bool fresh = state.room && now - state.read_ns < kFreshNs && size_bytes + untouched < state.room->bytes / 2;
  if (!fresh) {
    state.room = read_machine_room("");
    state.read_ns = now;
  }
  if (state.room) check_room(size_bytes, untouched, *state.room);
  state.handed_out.store(0, std::memory_order_relaxed);
}

}  // namespace hal::sim
