// SPDX-License-Identifier: Apache-2.0
#include "onboard/properties.hpp"

#include <algorithm>
#include <optional>

#include "onboard/device.hpp"
#include "support/chip_property.hpp"

namespace hal::onboard {
namespace {

constexpr std::uint64_t kMaxBlocks = 65535;  // of one launch: the vendor stores the count in 16 bits
constexpr std::uint64_t kCacheLine = 64;
constexpr std::uint64_t kAllocationAlignment = 64;

const chips::Sku *sku_of(const Device &device) {
  const auto &skus = device.chip().skus;
  const auto found = std::find_if(skus.begin(), skus.end(), [&](const chips::Sku &s) { return s.soc == device.soc(); });
  return found != skus.end() ? &*found : nullptr;
}

[[noreturn]] void throw_unknown(const Device &device, hal_property_t property) {
  throw plugin::Failure(HAL_ERR_UNSUPPORTED,
                        "device " + std::to_string(device.ordinal()) + " (" + device.soc() +
                            ") does not support property " + std::to_string(property),
                        "use a property of HAL_PROPERTY_* in hal/hal.h that this device supports");
}

// A value of 0 also means that the runtime does not know.
std::optional<std::uint64_t> attribute(const Device &device, std::int32_t number) {
  const VendorApi &api = device.api();
  if (!api.device_attribute) return std::nullopt;
  const ContextGuard context = device.enter();
  std::int64_t value = 0;
  if (api.device_attribute(device.ordinal(), number, &value) == kOk && value > 0)
    return static_cast<std::uint64_t>(value);
  drop_recent_error(api);
  return std::nullopt;
}

// The value from the runtime, or else from the product's data.
template <typename Member>
std::uint64_t attribute_or(const Device &device, std::int32_t number, Member member, hal_property_t property) {
  if (const auto value = attribute(device, number)) return *value;
  if (const chips::Sku *sku = sku_of(device)) return sku->*member;
  throw_unknown(device, property);
}

std::uint64_t memory(const Device &device, bool total) {
  const VendorApi &api = device.api();
  const ContextGuard context = device.enter();
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  check(
      api, api.memory_info, [] { return std::string("HBM"); }, kMemoryHbm, &free_bytes, &total_bytes);
  return total ? total_bytes : free_bytes;
}

}  // namespace

std::uint64_t read_property(const Device &device, hal_property_t property) {
  const chips::Chip &chip = device.chip();
  if (const auto value = plugins::chip_property(chip, property)) return *value;
  switch (property) {
    case HAL_PROPERTY_AIC_CORES:
      return attribute_or(device, kAttributeCubeCores, &chips::Sku::aic_cores, property);
    case HAL_PROPERTY_AIV_CORES:
      return attribute_or(device, kAttributeVectorCores, &chips::Sku::aiv_cores, property);
    case HAL_PROPERTY_AICPU_CORES:
      return attribute(device, kAttributeAicpuCores).value_or(chip.aicpu_cores);
    case HAL_PROPERTY_MEMORY_TOTAL_BYTES:
      return memory(device, true);
    case HAL_PROPERTY_MEMORY_FREE_BYTES:
      return memory(device, false);
    case HAL_PROPERTY_MAPPED_TOTAL_BYTES:
      return host_memory_bytes();
    case HAL_PROPERTY_MAPPED_FREE_BYTES:
      return host_memory_bytes() - std::min(host_memory_bytes(), registered_bytes());
    case HAL_PROPERTY_UB_BYTES:
      return attribute(device, kAttributeUbBytes).value_or(chip.ub_bytes);
    case HAL_PROPERTY_L2_BYTES:
      return attribute_or(device, kAttributeL2Bytes, &chips::Sku::l2_bytes, property);
    case HAL_PROPERTY_CUBE_CLOCK_HZ:
      if (const chips::Sku *sku = sku_of(device)) return sku->cube_clock_hz;
      throw_unknown(device, property);
    case HAL_PROPERTY_MEMORY_ALIGNMENT_BYTES:
      return kAllocationAlignment;
    case HAL_PROPERTY_REGISTER_ALIGNMENT_BYTES:
      return register_alignment();
    case HAL_PROPERTY_CACHE_LINE_BYTES:
      return kCacheLine;
    case HAL_PROPERTY_MAX_BLOCKS:
      return kMaxBlocks;
    default:
      throw_unknown(device, property);
  }
}

}  // namespace hal::onboard
