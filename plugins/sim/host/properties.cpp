// SPDX-License-Identifier: Apache-2.0
#include "sim/host/properties.hpp"

#include "support/chip_property.hpp"

namespace hal::sim {

std::uint64_t read_property(Device &device, hal_property_t property) {
  const chips::Chip &chip = device.chip();
  const chips::Sku &sku = *device.options().sku;
  if (const auto value = plugins::chip_property(chip, property)) return *value;
  switch (property) {
    case HAL_PROPERTY_AIC_CORES:
      return sku.aic_cores;
    case HAL_PROPERTY_AIV_CORES:
      return sku.aiv_cores;
    case HAL_PROPERTY_AICPU_CORES:
      return chip.aicpu_cores;
    case HAL_PROPERTY_MEMORY_TOTAL_BYTES:
      return device.arena().capacity_bytes();
    case HAL_PROPERTY_MEMORY_FREE_BYTES:
      return device.arena().free_bytes();
    case HAL_PROPERTY_MAPPED_TOTAL_BYTES:
      return device.window().capacity_bytes();
    case HAL_PROPERTY_MAPPED_FREE_BYTES:
      return device.window().free_bytes();
    case HAL_PROPERTY_UB_BYTES:
      return chip.ub_bytes;
    case HAL_PROPERTY_L2_BYTES:
      return sku.l2_bytes;
    case HAL_PROPERTY_CUBE_CLOCK_HZ:
      return sku.cube_clock_hz;
    case HAL_PROPERTY_MEMORY_ALIGNMENT_BYTES:
      return 64;
    case HAL_PROPERTY_REGISTER_ALIGNMENT_BYTES:
      return page_bytes();
    case HAL_PROPERTY_CACHE_LINE_BYTES:
      return 64;
    case HAL_PROPERTY_MAX_BLOCKS:
      return wire::kMaxBlocks;
    case HAL_PROPERTY_DEVICE_PROCESS_ID:
      return static_cast<std::uint64_t>(device.process_id());
    default:
      throw plugin::Failure(HAL_ERR_UNSUPPORTED, "a simulator does not know property " + std::to_string(property),
                            "see HAL_PROPERTY_* in hal/hal.h");
  }
}

}  // namespace hal::sim
