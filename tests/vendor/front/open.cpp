// SPDX-License-Identifier: Apache-2.0
//
// In every vendor-named library: what opening it does.
#include "../engine/api.hpp"

namespace {
__attribute__((constructor)) void open_library() { standin::opened(STANDIN_RELEASE, STANDIN_DEVICES_BY_DEFAULT); }
}  // namespace

extern "C" __attribute__((visibility("default"))) const char standin_marker[] =
    "stand-in for a vendor runtime, written from a fact sheet";
