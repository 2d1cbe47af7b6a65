// SPDX-License-Identifier: Apache-2.0
//
// All chips.
#ifndef HAL_PLUGINS_CHIPS_CHIPS_HPP_
#define HAL_PLUGINS_CHIPS_CHIPS_HPP_

#include "chips/a2a3.hpp"
#include "chips/a5.hpp"

namespace hal::chips {

inline constexpr const Chip *kAll[] = {&kA2A3, &kA5};

}  // namespace hal::chips

#endif  // HAL_PLUGINS_CHIPS_CHIPS_HPP_
