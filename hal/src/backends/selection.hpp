// SPDX-License-Identifier: Apache-2.0
//
// Selects the backend that a spec names on this machine.
#ifndef HAL_SRC_BACKENDS_SELECTION_HPP_
#define HAL_SRC_BACKENDS_SELECTION_HPP_

#include <cstdint>
#include <string>

#include "backends/plugin.hpp"
#include "hal/hal.h"

namespace hal::core {

struct Selection {
  Plugin *plugin = nullptr;
  std::uint32_t default_ordinal = 0;
};

// spec NULL or "": that of HAL_BACKEND. Loads and probes only the named backends, or for auto all hardware backends.
hal_status_t select_backend(const char *spec, Selection &selection);

// The result of selecting without a spec.
struct SelectionReport {
  hal_status_t status = HAL_OK;
  std::uint32_t ordinal = 0;
  std::string name;     // "" = nothing is selected
  std::string why;      // "HAL_BACKEND", "the only usable hardware backend"; "" = nothing is selected
  std::string message;  // of the failure; "" = none
  std::string hint;
};

// Selects as select_backend(NULL) does. A failure is part of the result and is not recorded for this thread.
SelectionReport explain_selection();

// Forgets which plugins are usable; they stay loaded. The last hal_shutdown calls it.
void forget_selections() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_SELECTION_HPP_
