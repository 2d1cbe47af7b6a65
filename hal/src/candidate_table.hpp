// SPDX-License-Identifier: Apache-2.0
//
// What the last hal_candidate_scan found.
#ifndef HAL_SRC_CANDIDATE_TABLE_HPP_
#define HAL_SRC_CANDIDATE_TABLE_HPP_

namespace hal::core {

// Forgets the scan. For the last hal_shutdown.
void forget_scan() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_CANDIDATE_TABLE_HPP_
