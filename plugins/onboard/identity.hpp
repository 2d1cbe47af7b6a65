// SPDX-License-Identifier: Apache-2.0
//
// Checks whether a device is the chip that a plugin supports. It compares the full name of the SoC, not a prefix.
#ifndef HAL_PLUGINS_ONBOARD_IDENTITY_HPP_
#define HAL_PLUGINS_ONBOARD_IDENTITY_HPP_

#include <cstdint>
#include <optional>
#include <string>

#include "chips/chip.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// Why a SoC is not this chip; "" if it is. accepted is the name that the user allows (HAL_ONBOARD_ACCEPT_SOC).
std::string soc_objection(const chips::Chip &chip, const std::string &soc, const std::string &accepted);

// The same check with the vendor's architecture number of a device. A2 and A3 have the same number.
std::string arch_objection(const chips::Chip &chip, const std::string &soc, std::int64_t npu_arch);

// The name of the SoC that the runtime reports; "" if it reports none.
std::string read_soc(const VendorApi &api);

// The architecture number of a device; nullopt before 9.1.0.
std::optional<std::int64_t> read_arch(const VendorApi &api, std::uint32_t ordinal);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_IDENTITY_HPP_
