// SPDX-License-Identifier: Apache-2.0
//
// Whether a device is the chip that a plugin is for. By the whole name of the SoC, never by a prefix.
#ifndef HAL_PLUGINS_ONBOARD_IDENTITY_HPP_
#define HAL_PLUGINS_ONBOARD_IDENTITY_HPP_

#include <cstdint>
#include <optional>
#include <string>

#include "chips/chip.hpp"
#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// Why a SoC is not this chip; "" = it is. accepted is the name that the user vouches for (HAL_ONBOARD_ACCEPT_SOC).
std::string soc_objection(const chips::Chip &chip, const std::string &soc, const std::string &accepted);

// The same by the vendor's architecture number of one device, where it answers. It cannot tell A2 from A3.
std::string arch_objection(const chips::Chip &chip, const std::string &soc, std::int64_t npu_arch);

// The name of the SoC as the runtime gives it; "" = it does not.
std::string read_soc(const VendorApi &api);

// The architecture number of a device, from releases that know it.
std::optional<std::int64_t> read_arch(const VendorApi &api, std::uint32_t ordinal);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_IDENTITY_HPP_
