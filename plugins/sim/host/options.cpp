// SPDX-License-Identifier: Apache-2.0
#include "sim/host/options.hpp"

#include <algorithm>
#include <array>

#include "chips/chips.hpp"
#include "hal/hal_plugin.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {
namespace {

constexpr hal_option_v1_t kTable[] = {
    {"SIM", "DEVICES", "2", "Number of simulated devices of each backend.", HAL_OPTION_NUMBER, 0, 1, 64},
    {"SIM", "SKU", "", "Product to simulate, for example Ascend910B4; empty = the first of the chip's list.",
     HAL_OPTION_TEXT, 0, 0, 0},
    {"SIM", "MEMORY", "0", "Device memory of each device; 0 or more than the product has = all of it.",
     HAL_OPTION_BYTES, 0, 0, chips::kGiB << 10},
    {"SIM", "MAPPED_MEMORY", "16G", "Size of the window for mapped host memory, for each device.", HAL_OPTION_BYTES, 0,
     chips::kMiB, chips::kGiB << 10},
    {"SIM", "WORKERS", "0", "Threads that run blocks on each device; 0 = one for each processor.", HAL_OPTION_NUMBER, 0,
     0, wire::kMaxWorkers},
    {"SIM", "DETERMINISTIC", "0", "1 = one worker, blocks in index order.", HAL_OPTION_SWITCH, 0, 0, 1},
    {"SIM", "PROCESS", "1", "0 = run kernels on threads of the host process, for a debugger.", HAL_OPTION_SWITCH, 0, 0,
     1},
    {"SIM", "TIMEOUT_MS", "0", "Time limit of launches without one; 0 = none.", HAL_OPTION_NUMBER, 0, 0,
     UINT64_MAX / 1'000'000},
    {"SIM", "LOAD_TIMEOUT_MS", "5000",
     "Time limit for opening a device, and for loading, unloading and finding a kernel; 0 = none.", HAL_OPTION_NUMBER,
     0, 0, UINT64_MAX / 1'000'000},
    {"SIM", "SANITIZE", "1", "0 = device memory has no red zones, and writes to freed memory are not found.",
     HAL_OPTION_SWITCH, 0, 0, 1},
};

std::uint64_t limit_ns(const char *option) {
  const std::uint64_t milliseconds = plugin::option_number(option);
  return milliseconds == 0 ? UINT64_MAX : milliseconds * 1'000'000;
}

// NULL: not a product of this chip.
const chips::Sku *find_sku(const chips::Chip &chip, const std::string &name) {
  if (name.empty()) return &chip.skus.front();
  const auto sku =
      std::find_if(chip.skus.begin(), chip.skus.end(), [&](const chips::Sku &known) { return known.soc == name; });
  return sku != chip.skus.end() ? &*sku : nullptr;
}

std::string join_skus(const chips::Chip &chip, const char *separator) {
  std::string names;
  for (const chips::Sku &sku : chip.skus) names += (names.empty() ? "" : separator) + std::string(sku.soc);
  return names;
}

std::string join_all_skus() {
  std::string names;
  for (const chips::Chip *chip : chips::kAll) names += (names.empty() ? "" : "|") + join_skus(*chip, "|");
  return names;
}

}  // namespace

std::span<const hal_option_v1_t> option_table() { return kTable; }

const char *const *option_choices() {
  static const std::string skus = join_all_skus();
  static const auto choices = [] {
    std::array<const char *, std::size(kTable)> texts = {};
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (std::string_view(kTable[i].name) == "SKU") texts[i] = skus.c_str();
    return texts;
  }();
  return choices.data();
}

std::string describe_wrong_sku(const chips::Chip &chip) {
  const std::string name = plugin::option_text("SKU");
  if (find_sku(chip, name) != nullptr) return {};
  return "HAL_SIM_SKU is \"" + name + "\", which is not a product of " + std::string(chip.title) +
         "; its products are " + join_skus(chip, ", ");
}

Options read_options(const chips::Chip &chip) {
  Options options = {};
  options.sku = find_sku(chip, plugin::option_text("SKU"));
  if (options.sku == nullptr) throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT, describe_wrong_sku(chip), kSkuHint);
  options.devices = static_cast<std::uint32_t>(plugin::option_number("DEVICES"));
  const std::uint64_t memory = plugin::option_number("MEMORY");
  options.memory_bytes = memory == 0 ? options.sku->memory_bytes : std::min(memory, options.sku->memory_bytes);
  options.mapped_bytes = plugin::option_number("MAPPED_MEMORY");
  options.own_process = plugin::option_number("PROCESS") != 0;
  const std::uint64_t workers = plugin::option_number("WORKERS");
  options.workers = workers != 0 ? static_cast<std::uint32_t>(workers)
                                 : std::min<std::uint32_t>(wire::usable_processors(), wire::kMaxWorkers);
  if (plugin::option_number("DETERMINISTIC") != 0) options.workers = 1;
  options.timeout_ns = limit_ns("TIMEOUT_MS");
  options.load_timeout_ns = limit_ns("LOAD_TIMEOUT_MS");
  options.sanitize = plugin::option_number("SANITIZE") != 0;
  return options;
}

std::uint64_t arena_room_bytes(const Options &options) {
  return options.memory_bytes + (options.sanitize ? options.memory_bytes / 64 + 64 * chips::kMiB : 0);
}

std::uint64_t window_room_bytes(const Options &options) {
  const std::uint64_t small = std::min(options.mapped_bytes / 2, 64 * chips::kMiB);
  return options.mapped_bytes + std::max(options.mapped_bytes / 8, small);
}

}  // namespace hal::sim
