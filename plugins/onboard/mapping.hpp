// SPDX-License-Identifier: Apache-2.0
//
// Whether a device supports mapped host memory, and which of its engines can reach it.
#ifndef HAL_PLUGINS_ONBOARD_MAPPING_HPP_
#define HAL_PLUGINS_ONBOARD_MAPPING_HPP_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "hal/hal_plugin.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

struct MappedReach {
  hal_engine_mask_t can_reach = 0;
  hal_engine_mask_t unknown = 0;  // the release has no query, or the query failed
};

// Queries each engine separately. The device's context must be current.
MappedReach read_mapped_reach(const VendorApi &api, std::uint32_t ordinal);

// The product name does not show whether a device supports mapping (the vendor's documents disagree about 950DT). So
// the first check registers and unregisters one page of host memory, and the result is kept until the device is closed.
// This lets a query give the same answer as an allocation.
class MappingTrial {
 public:
  // The device's context must be current. Throws plugin::Failure, UNSUPPORTED. If the trial fails for another reason,
  // the next check repeats it.
  void check(const VendorApi &api, const std::string &device);

 private:
  enum class Verdict { kUnknown, kYes, kNo };

  void decide(const VendorApi &api, const std::string &device);

  std::mutex mutex_;
  Verdict verdict_ = Verdict::kUnknown;
  std::optional<plugin::Failure> refusal_;  // set for kNo
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_MAPPING_HPP_
