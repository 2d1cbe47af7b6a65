// SPDX-License-Identifier: Apache-2.0
//
// Part of every vendor-named library: the constructor that runs when it is opened.
#include "../engine/api.hpp"

#ifndef STANDIN_STUB
namespace {
__attribute__((constructor)) void open_library() { standin::opened(STANDIN_RELEASE, STANDIN_DEVICES_BY_DEFAULT); }
}  // namespace
#endif

// Identifies the file as a stand-in.
__attribute__((used)) static const char marker[] = "stand-in for a vendor runtime, written from a fact sheet";
