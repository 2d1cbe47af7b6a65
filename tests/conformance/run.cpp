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
    "Checks the backend that HAL_BACKEND names against every rule of libhal's contract (docs/conformance.md).\n"
    "\n"
    "  --require-backend  fail if the backend is not usable here; otherwise its rows are skipped\n"
    "  --require-all      fail rows that need what the backend never has (UNSUPPORTED); otherwise they are skipped\n"
    "  --exclusive        no other process uses the device: compare its free bytes before and after each row\n"
    "  --kernels=DIR      the kernels of the suite are DIR/<backend>/conformance-*.so; default: \"kernels\" beside\n"
    "                     the folder of this program\n"
    "  --gtest_...        options of googletest: --gtest_filter='Copies.*' runs some rows, --gtest_list_tests lists\n"
    "                     all rows\n";

// Reads one argument. Returns what is wrong with it; "" = nothing.
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
      return "--kernels: \"" + options.kernels +
             "\" is not a directory; name the directory with a folder for each backend";
  } else if (argument != "--help" && argument != "-h") {
    return "unknown option \"" + std::string(argument) + "\"; --help lists the options";
  }
  return {};
}

}  // namespace

int run(int argc, char **argv) {
  // googletest prints its own options after these, and runs nothing.
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
  // A forked child of a process that uses libhal cannot call it, so death tests start this program again.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  return RUN_ALL_TESTS();
}

}  // namespace hal::conformance
