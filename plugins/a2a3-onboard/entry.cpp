// SPDX-License-Identifier: Apache-2.0
#include "chips/a2a3.hpp"
#include "onboard/plugin.hpp"

extern "C" __attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host,
                                                                                   hal_plugin_v1_t *inout) {
  return hal::onboard::enter("a2a3-onboard", hal::chips::kA2A3, host, inout);
}
