// SPDX-License-Identifier: Apache-2.0
#include "sim/host/options.hpp"

#include <algorithm>

#include "hal/hal_plugin.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {
namespace {

constexpr hal_option_v1_t kTable[] = {
    {"SIM", "DEVICES", "2", "Number of simulated devices of each backend.", HAL_OPTION_NUMBER, 0, 1, 64},
    {"SIM", "SKU", "", "Product to simulate, for example Ascend910B4; empty = the first of the chip's list.",
     HAL_OPTION_TEXT, 0, 0, 0},
    {"SIM", "MEMORY", "0", "Device memory of each device, at most the product's; 0 = all of it.", HAL_OPTION_BYTES, 0,
     0, chips::kGiB << 10},
    {"SIM", "MAPPED_MEMORY", "16G", "Room for host memory that is mapped for a device, of each device.",
     HAL_OPTION_BYTES, 0, chips::kMiB, chips::kGiB << 10},
    {"SIM", "WORKERS", "0", "Threads that run blocks on each device; 0 = one for each processor.", HAL_OPTION_NUMBER, 0,
     0, wire::kMaxWorkers},
    {"SIM", "DETERMINISTIC", "0", "1 = one worker, blocks in index order.", HAL_OPTION_SWITCH, 0, 0, 1},
    {"SIM", "PROCESS", "1", "0 = run kernels on threads of the host process, for a debugger.", HAL_OPTION_SWITCH, 0, 0,
     1},
    {"SIM", "TIMEOUT_MS", "0", "Time limit of launches that name none; 0 = none.", HAL_OPTION_NUMBER, 0, 0,
     UINT64_MAX / 1'000'000},
};

const chips::Sku &find_sku(const chips::Chip &chip, const std::string &name) {
  if (name.empty()) return chip.skus.front();
  std::string known;
  for (const chips::Sku &sku : chip.skus) {
    if (sku.soc == name) return sku;
    known += (known.empty() ? "" : ", ") + std::string(sku.soc);
  }
  throw plugin::Failure(
      HAL_ERR_INVALID_ARGUMENT,
      "HAL_SIM_SKU=" + name + " is not a product of " + std::string(chip.title) + "; they are " + known,
      "set HAL_SIM_SKU to one of these or unset it");
}

}  // namespace

std::span<const hal_option_v1_t> option_table() { return kTable; }

Options read_options(const chips::Chip &chip) {
  Options options = {};
  options.sku = &find_sku(chip, plugin::option_text("SKU"));
  options.devices = static_cast<std::uint32_t>(plugin::option_number("DEVICES"));
  const std::uint64_t memory = plugin::option_number("MEMORY");
  options.memory_bytes = memory == 0 ? options.sku->memory_bytes : std::min(memory, options.sku->memory_bytes);
  options.mapped_bytes = plugin::option_number("MAPPED_MEMORY");
  options.own_process = plugin::option_number("PROCESS") != 0;
  const std::uint64_t workers = plugin::option_number("WORKERS");
  options.workers = workers != 0 ? static_cast<std::uint32_t>(workers)
                                 : std::min<std::uint32_t>(wire::usable_processors(), wire::kMaxWorkers);
  if (plugin::option_number("DETERMINISTIC") != 0) options.workers = 1;
  const std::uint64_t timeout_ms = plugin::option_number("TIMEOUT_MS");
  options.timeout_ns = timeout_ms == 0 ? UINT64_MAX : timeout_ms * 1'000'000;
  return options;
}

}  // namespace hal::sim
