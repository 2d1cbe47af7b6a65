// SPDX-License-Identifier: Apache-2.0
//
// What the last hal_candidate_scan found.
#ifndef HAL_SRC_API_CANDIDATES_HPP_
#define HAL_SRC_API_CANDIDATES_HPP_

#include <cstdint>

#include "hal/hal.h"

namespace hal::core {

class Plugin;

// Loads the file of that index, without a probe. Fails as hal_candidate_explain_native is said to.
hal_status_t load_candidate(std::uint32_t index, Plugin *&plugin);

// Forgets the scan. For the last hal_shutdown.
void forget_scan() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_API_CANDIDATES_HPP_
