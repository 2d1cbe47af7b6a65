/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin with a note but without an entry function. */
typedef int hal_test_nothing_t;
