// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "conformance.hpp"

namespace hal::conformance {
namespace {

constexpr const char *kUsage =
    "usage: hal-conformance [OPTION]...\n"
    "Judges the backend that HAL_BACKEND names by every rule of libhal's contract (docs/conformance.md).\n"
    "\n"
    "  --require-backend  a backend that is not usable here is a failure; else its rows are skipped\n"
    "  --require-all      what the backend never has (UNSUPPORTED) is a failure; else those rows are skipped\n"
    "  --exclusive        no other process uses the device: its free bytes are compared before and after\n"
    "  --kernels=DIR      the suite's kernels are DIR/<backend>/conformance-*.so; else in \"kernels\" beside the\n"
    "                     folder of this program\n"
    "  --gtest_...        options of googletest: --gtest_filter='Copies.*' runs a part, --gtest_list_tests lists "
    "rows\n";

// What is wrong with the argument; "" = nothing.
std::string take(std::string_view argument) {
  constexpr std::string_view kKernels = "--kernels=";
  if (argument == "--require-backend") {
    options.require_backend = true;
  } else if (argument == "--require-all") {
    options.require_all = true;
  } else if (argument == "--exclusive") {
    options.exclusive = true;
  } else if (argument.starts_with(kKernels)) {
    options.kernels = argument.substr(kKernels.size());
    if (!std::filesystem::is_directory(options.kernels))
      return "--kernels: \"" + options.kernels + "\" is no directory; name the one with a folder for each backend";
  } else if (argument != "--help" && argument != "-h") {
    return "unknown option \"" + std::string(argument) + "\"; --help lists what there is";
  }
  return {};
}

}  // namespace

int run(int argc, char **argv) {
  // googletest prints its own options behind ours, and runs nothing.
  if (std::any_of(argv + 1, argv + argc, [](std::string_view word) { return word == "--help" || word == "-h"; }))
    std::puts(kUsage);
  testing::InitGoogleTest(&argc, argv);
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  options.kernels = program.parent_path().parent_path() / "kernels";
  for (int i = 1; i < argc; ++i) {
    if (const std::string wrong = take(argv[i]); !wrong.empty()) {
      std::fprintf(stderr, "hal-conformance: %s\n", wrong.c_str());
      return 2;
    }
  }
  // A forked child of a process that uses libhal may not call it; death tests run this program anew instead.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  return RUN_ALL_TESTS();
}

}  // namespace hal::conformance
