// SPDX-License-Identifier: Apache-2.0
#include "sim/host/device.hpp"

#include "sim/host/memory/registered_range.hpp"
#include "support/chip_property.hpp"

namespace hal::sim {
namespace {

// The tile library reads the sizes of local memory and the number of cores from the environment of the process that
// runs kernels, when a thread first uses it.
std::vector<std::string> local_memory_variables(const chips::Chip &chip, const chips::Sku &sku) {
  const auto bytes = [](const char *memory, std::uint64_t value) {
    return "PTO_CPU_SIM_" + std::string(memory) + "_BYTES=" + std::to_string(value);
  };
  return {bytes("UB", chip.ub_bytes), bytes("L1", chip.l1_bytes), bytes("L0A", chip.l0a_bytes),
          bytes("L0B", chip.l0b_bytes), bytes("L0C", chip.l0c_bytes),
          // For the library, a core is a cube with its vector units.
          "PTO_CPU_SIM_NUM_CORES=" + std::to_string(sku.aic_cores)};
}

}  // namespace

Device::Device(const chips::Chip &chip, const Options &options, std::uint32_t ordinal, const std::string &helper_path,
               const std::string &hooks_path, const std::string &backend)
    : sku_(*options.sku),
      name_(std::string(sku_.soc) + " simulator"),
      soc_(sku_.soc),
      memory_(chip, options, ordinal),
      reporter_(memory_, allocations, code_),
      engine_(options, ordinal, helper_path,
              {.label = backend + " " + std::to_string(ordinal),
               .hooks_path = hooks_path,
               .variables = local_memory_variables(chip, sku_)},
              memory_, reporter_),
      ring_(engine_, options) {
  start();
}

Device::~Device() {
  engine_.stop();
  memory_.log_damage();
  release_objects();
}

void Device::start() {
  ring_.clear();
  engine_.start();
}

void Device::reset() {
  engine_.stop();
  memory_.log_damage();
  release_objects();
  memory_.clear();
  start();
}

void Device::release_objects() {
  while (const std::unique_ptr<Allocation> allocation = allocations.take_first()) {
    try {
      release_red_zones(memory_, *allocation);  // log_damage has reported its damage
      if (const std::string found = detach(memory_, *allocation); !found.empty())
        plugin::log(HAL_LOG_WARN, "a registered range was unmapped before it was unregistered: " + found);
    } catch (const plugin::Failure &failure) {
      if (!force_detach_range(*allocation->window, allocation->host, allocation->size_bytes))
        plugin::log(HAL_LOG_ERROR, failure.what());
    }
  }
  streams.clear();
  executables.clear();
  code_.clear_kernels();
}

std::uint64_t Device::property(hal_property_t property) {
  if (const auto value = plugins::chip_property(chip(), property)) return *value;
  switch (property) {
    case HAL_PROPERTY_AIC_CORES:
      return sku_.aic_cores;
    case HAL_PROPERTY_AIV_CORES:
      return sku_.aiv_cores;
    case HAL_PROPERTY_AICPU_CORES:
      return chip().aicpu_cores;
    case HAL_PROPERTY_MEMORY_TOTAL_BYTES:
      return memory_.arena().capacity_bytes();
    case HAL_PROPERTY_MEMORY_FREE_BYTES:
      return memory_.arena().free_bytes();
    case HAL_PROPERTY_MAPPED_TOTAL_BYTES:
      return memory_.window().capacity_bytes();
    case HAL_PROPERTY_MAPPED_FREE_BYTES:
      return memory_.window().free_bytes();
    case HAL_PROPERTY_UB_BYTES:
      return chip().ub_bytes;
    case HAL_PROPERTY_L2_BYTES:
      return sku_.l2_bytes;
    case HAL_PROPERTY_CUBE_CLOCK_HZ:
      return sku_.cube_clock_hz;
    case HAL_PROPERTY_MEMORY_ALIGNMENT_BYTES:
      return 64;
    case HAL_PROPERTY_REGISTER_ALIGNMENT_BYTES:
      return page_bytes();
    case HAL_PROPERTY_CACHE_LINE_BYTES:
      return 64;
    case HAL_PROPERTY_MAX_BLOCKS:
      return wire::kMaxBlocks;
    case HAL_PROPERTY_DEVICE_PROCESS_ID:
      return static_cast<std::uint64_t>(engine_.process_id());
    default:
      throw plugin::Failure(HAL_ERR_UNSUPPORTED, "simulators do not have property " + std::to_string(property),
                            "see HAL_PROPERTY_* in hal/hal.h");
  }
}

}  // namespace hal::sim
