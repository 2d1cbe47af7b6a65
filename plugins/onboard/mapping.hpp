// SPDX-License-Identifier: Apache-2.0
//
// Whether a device takes mapped host memory, and which of its engines reach it.
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
  hal_engine_mask_t unknown = 0;  // the release has no query, or it did not answer
};

// Asks for each engine by itself: they differ. With the device's context current.
MappedReach read_mapped_reach(const VendorApi &api, std::uint32_t ordinal);

// Which products can do it does not follow from their names (the vendor's own pages disagree on 950DT). So the first
// question registers a page of the vendor's host memory and takes it back; the answer holds for the device's life.
// Without it a query would promise what the allocation refuses.
class MappingTrial {
 public:
  // With the device's context current. Throws plugin::Failure, UNSUPPORTED. A trial that fails for another reason
  // decides nothing.
  void check(const VendorApi &api, const std::string &device);

 private:
  enum class Verdict { kUnknown, kYes, kNo };

  void decide(const VendorApi &api, const std::string &device);

  std::mutex mutex_;
  Verdict verdict_ = Verdict::kUnknown;
  std::optional<plugin::Failure> refusal_;  // of kNo
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_MAPPING_HPP_
