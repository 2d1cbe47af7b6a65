// SPDX-License-Identifier: Apache-2.0
//
// The demo's command line.
#ifndef HOST_REGISTER_MAPPED_DEMO_OPTIONS_HPP_
#define HOST_REGISTER_MAPPED_DEMO_OPTIONS_HPP_

#include <cstdint>
#include <optional>
#include <string>

enum class Variant {
  kPair,      // memory from mallocHostDeviceShareMem
  kRegister,  // the program's own pages, registered
};

struct Options {
  Variant variant = Variant::kPair;
  std::optional<std::uint32_t> device;  // none: the ordinal of HAL_BACKEND, else 0
  std::string kernel;                   // empty: the object built with this program for the backend
  std::uint32_t blocks = 8;
};

// Reads the command line; prints the help and gives nothing if that is what was asked for. Throws std::exception, with
// the option's name in the message, for what it does not understand.
std::optional<Options> parse_options(int argc, char **argv);

#endif  // HOST_REGISTER_MAPPED_DEMO_OPTIONS_HPP_
