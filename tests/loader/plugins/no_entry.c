/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that has a note and forgets its entry function. */
typedef int hal_test_nothing_t;
