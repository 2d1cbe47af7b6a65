/* SPDX-License-Identifier: Apache-2.0
 *
 * The driver's library. The stand-in does not call it, but a runtime that cannot find it does not open.
 */
__attribute__((visibility("default"))) const char standin_driver_marker[] =
    "stand-in for a vendor driver, written from a fact sheet";
