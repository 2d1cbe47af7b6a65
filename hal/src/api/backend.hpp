// SPDX-License-Identifier: Apache-2.0
//
// Selected backends, which are the objects of hal_backend_t handles, and the plugin files of the last scan.
#ifndef HAL_SRC_API_BACKEND_HPP_
#define HAL_SRC_API_BACKEND_HPP_

#include <cstdint>

#include "backends/plugin.hpp"
#include "objects/handles.hpp"

namespace hal::core {

struct Backend {
  using Handle = hal_backend_t;
  static constexpr HandleType kType = HandleType::kBackend;

  Plugin *plugin;
  std::uint32_t default_ordinal;
  Handle handle;
};

// Releases every backend handle. False, with nothing changed, if another thread is inside a call on a backend.
bool release_backends();

// Loads the file at that index of the last hal_candidate_scan, without probing it. hal.h lists the failures at
// hal_candidate_explain_native.
hal_status_t load_candidate(std::uint32_t index, Plugin *&plugin);

// Forgets the last hal_candidate_scan. The last hal_shutdown calls it.
void forget_scan() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_API_BACKEND_HPP_
