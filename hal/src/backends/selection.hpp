// SPDX-License-Identifier: Apache-2.0
//
// Which backend a spec means on this machine.
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

// NULL or "" = the environment's. Loads and probes as little as possible: a named backend alone, or all hardware ones.
hal_status_t select_backend(const char *spec, Selection &selection);

// What a program that names no backend gets.
struct SelectionReport {
  hal_status_t status = HAL_OK;
  std::uint32_t ordinal = 0;
  std::string name;     // "" = nothing is selected
  std::string why;      // "HAL_BACKEND", "the only usable hardware backend"; "" = nothing is selected
  std::string message;  // of the refusal; "" = none
  std::string hint;
};

// Selects as select_backend(NULL) does; a refusal is an answer, not this thread's failure.
SelectionReport explain_selection();

// Forgets which plugins were found usable; they stay loaded. For the last hal_shutdown.
void forget_selections() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_SELECTION_HPP_
