// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <boost/program_options.hpp>
#include <iostream>
#include <stdexcept>

namespace po = boost::program_options;

static Variant parse_variant(const std::string &text) {
  if (text == "pair") return Variant::kPair;
  if (text == "register") return Variant::kRegister;
  throw std::invalid_argument("--variant is \"" + text + "\"; it must be pair or register");
}

std::optional<Options> parse_options(int argc, char **argv) {
  Options options;
  std::string variant;
  std::uint32_t device = 0;
  po::options_description description(
      "Runs a kernel that adds 1 to 128 x 128 numbers in host memory, in place.\nOptions");
  auto add = description.add_options();
  add("help", "show this help");
  add("variant", po::value(&variant)->default_value("pair")->value_name("pair|register"),
      "pair: memory of mallocHostDeviceShareMem; register: the program's own pages, registered");
  add("device", po::value(&device)->value_name("N"),
      "ordinal of the device; default: the ordinal in HAL_BACKEND, else 0");
  add("kernel", po::value(&options.kernel)->value_name("FILE"),
      "kernel object; default: the one built with this program for the backend");
  add("blocks", po::value(&options.blocks)->default_value(options.blocks)->value_name("N"), "number of blocks");

  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, description), values);
  po::notify(values);
  if (values.count("help") != 0) {
    std::cout << description << "\nHAL_BACKEND selects the backend: a2a3-sim or a5-sim\n";
    return std::nullopt;
  }
  options.variant = parse_variant(variant);
  if (values.count("device") != 0) options.device = device;
  return options;
}
