// SPDX-License-Identifier: Apache-2.0
//
// In every vendor-named library: what opening it does.
#include "../engine/api.hpp"

#ifndef STANDIN_STUB
namespace {
__attribute__((constructor)) void open_library() { standin::opened(STANDIN_RELEASE, STANDIN_DEVICES_BY_DEFAULT); }
}  // namespace
#endif

// For whoever looks into the file.
__attribute__((used)) static const char marker[] = "stand-in for a vendor runtime, written from a fact sheet";
