// SPDX-License-Identifier: Apache-2.0
//
// A well-formed object that exports nothing.
namespace {
[[maybe_unused]] int counter = 0;
}
