/* SPDX-License-Identifier: Apache-2.0
 *
 * The library of a vendor, as it were. */
__attribute__((visibility("default"))) int hal_test_vendor_call(void);
int hal_test_vendor_call(void) { return 0; }
