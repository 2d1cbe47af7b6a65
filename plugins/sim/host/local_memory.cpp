// SPDX-License-Identifier: Apache-2.0
#include "sim/host/local_memory.hpp"

namespace hal::sim {

std::vector<std::string> local_memory_variables(const chips::Chip &chip, const chips::Sku &sku) {
  const auto bytes = [](const char *memory, std::uint64_t value) {
    return "PTO_CPU_SIM_" + std::string(memory) + "_BYTES=" + std::to_string(value);
  };
  return {bytes("UB", chip.ub_bytes), bytes("L1", chip.l1_bytes), bytes("L0A", chip.l0a_bytes),
          bytes("L0B", chip.l0b_bytes), bytes("L0C", chip.l0c_bytes),
          // A core is a cube with its vector units.
          "PTO_CPU_SIM_NUM_CORES=" + std::to_string(sku.aic_cores)};
}

}  // namespace hal::sim
