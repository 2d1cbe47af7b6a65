/* SPDX-License-Identifier: Apache-2.0
 *
 * A shared object in plugin's clothes. */
int hal_plugin_entry_v1(void);
int hal_plugin_entry_v1(void) { return 0; }
