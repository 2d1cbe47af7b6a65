// SPDX-License-Identifier: Apache-2.0
//
// The command line of the demo.
#ifndef HOST_REGISTER_MAPPED_DEMO_OPTIONS_HPP_
#define HOST_REGISTER_MAPPED_DEMO_OPTIONS_HPP_

#include <cstdint>
#include <optional>
#include <string>

enum class Variant {
  kPair,      // memory of mallocHostDeviceShareMem
  kRegister,  // the program's own pages, registered
};

struct Options {
  Variant variant = Variant::kPair;
  std::optional<std::uint32_t> device;  // nullopt = the ordinal in HAL_BACKEND, else 0
  std::string kernel;                   // empty = the object built with this program for the backend
  std::uint32_t blocks = 8;
};

// Reads the command line. With --help, it prints the help and returns nullopt. Throws std::exception for an option or a
// value that it does not know; the message names the option.
std::optional<Options> parse_options(int argc, char **argv);

#endif  // HOST_REGISTER_MAPPED_DEMO_OPTIONS_HPP_
