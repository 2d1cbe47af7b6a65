/* SPDX-License-Identifier: Apache-2.0
 *
 * A shared object with an entry function, but without a note. */
int hal_plugin_entry_v1(void);
int hal_plugin_entry_v1(void) { return 0; }
