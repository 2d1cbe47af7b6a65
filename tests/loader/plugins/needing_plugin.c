/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that needs a library which is not installed. */
#include "hal/hal_plugin.h"

int hal_test_vendor_call(void);

__attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host,
                                                                        hal_plugin_v1_t *inout) {
  (void)host;
  (void)inout;
  return hal_test_vendor_call();
}
