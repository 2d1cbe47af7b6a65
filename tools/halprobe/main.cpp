// SPDX-License-Identifier: Apache-2.0
//
// halprobe: which backends are on this machine, whether they work, and why not.
#include <hal/hal.h>

#include <cstring>
#include <exception>
#include <iostream>

#include "commands.hpp"
#include "options.hpp"
#include "survey.hpp"

namespace {

int run(int argc, char **argv) {
  if (argc > 1 && std::strcmp(argv[1], halprobe::kTaskOption) == 0)
    halprobe::run_task(std::vector<std::string>(argv + 2, argv + argc));
  const halprobe::Options options = halprobe::parse_options(argc, argv);
  if (options.help) {
    std::cout << halprobe::help_text();
    return halprobe::kExitOk;
  }
  if (options.version) {
    std::cout << "halprobe " << hal_version() << " (libhal ABI draft " << hal_abi_draft() << ")\n";
    return halprobe::kExitOk;
  }
  return halprobe::run_command(options);
}

}  // namespace

int main(int argc, char **argv) {
  try {
    return run(argc, argv);
  } catch (const halprobe::UsageError &error) {
    std::cerr << "halprobe: " << error.what() << "\nTry 'halprobe --help' for more information.\n";
    return halprobe::kExitUsage;
  } catch (const std::exception &error) {
    std::cerr << "halprobe: internal error: " << error.what() << '\n';
    return halprobe::kExitInternal;
  }
}
