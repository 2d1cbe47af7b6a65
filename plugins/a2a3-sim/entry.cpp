// SPDX-License-Identifier: Apache-2.0
#include "chips/a2a3.hpp"
#include "sim/host/plugin.hpp"

extern "C" __attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host,
                                                                                   hal_plugin_v1_t *inout) {
  return hal::sim::enter("a2a3-sim", hal::chips::kA2A3, host, inout);
}
