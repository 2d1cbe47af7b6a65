// SPDX-License-Identifier: Apache-2.0
//
// Selected backends: what a hal_backend_t stands for.
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

// Ends every backend handle; false, with nothing changed, if another thread is inside a call on one.
bool release_backends();

}  // namespace hal::core

#endif  // HAL_SRC_API_BACKEND_HPP_
