/* SPDX-License-Identifier: Apache-2.0
 *
 * Stands for a vendor's library. */
__attribute__((visibility("default"))) int hal_test_vendor_call(void);
int hal_test_vendor_call(void) { return 0; }
