// SPDX-License-Identifier: Apache-2.0
//
// Runs the suite on the backend that HAL_BACKEND names. Listing the tests needs no backend. Where the backend cannot be
// used, tests are skipped, or fail with --require-backend. Rows about what the backend never has (UNSUPPORTED) are
// skipped, or fail with --require-all. --kernels=DIR is where the suite's kernel objects are,
// DIR/<backend>/conformance-*.so.
#include <filesystem>
#include <string_view>

#include "fixture.hpp"
#include "requirements.hpp"

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  hal::conformance::kernel_directory = program.parent_path().parent_path() / "kernels";
  constexpr std::string_view kKernels = "--kernels=";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with(kKernels)) hal::conformance::kernel_directory = argv[i] + kKernels.size();
    if (std::string_view(argv[i]) == "--require-backend") hal::conformance::backend_is_required = true;
    if (std::string_view(argv[i]) == "--require-all") hal::conformance::everything_is_required = true;
  }
  // A forked child of a process that uses libhal may not call it; death tests run this program anew instead.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  return RUN_ALL_TESTS();
}
