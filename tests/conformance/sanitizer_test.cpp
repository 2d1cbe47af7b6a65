// SPDX-License-Identifier: Apache-2.0
//
// Seeded bugs in kernels are found. This file is built only with the sanitizer that finds them.
#include "fixture.hpp"

namespace hal::conformance {
namespace {

class SeededBug : public Conformance {
 protected:
  // Launches the kernel in another program, because the report may end it.
  Finished launch_elsewhere(const char *object_name, const char *kernel, const char *blocks) {
    return run_program({helper_program(), "launch", object(object_name), kernel, blocks});
  }
};

#ifdef HAL_SANITIZED_ADDRESS
TEST_F(SeededBug, OverflowingTheHeapIsReportedByTheAddressSanitizer) {
  const Finished program = launch_elsewhere("seeded-overflow", "heap_overflow", "1");
  EXPECT_NE(program.output.find("AddressSanitizer: heap-buffer-overflow"), std::string::npos) << program.output;
  EXPECT_NE(program.output.find("heap_overflow"), std::string::npos) << program.output;
  if (separate_process()) {
    EXPECT_NE(program.output.find("launch ended with KERNEL_FAULT"), std::string::npos) << program.output;
  }
}

TEST_F(SeededBug, OverflowingAGlobalIsReportedByTheAddressSanitizer) {
  const Finished program = launch_elsewhere("seeded-overflow", "global_overflow", "1");
  EXPECT_NE(program.output.find("AddressSanitizer: global-buffer-overflow"), std::string::npos) << program.output;
  if (separate_process()) {
    EXPECT_NE(program.output.find("launch ended with KERNEL_FAULT"), std::string::npos) << program.output;
  }
}
#endif

#ifdef HAL_SANITIZED_THREAD
TEST_F(SeededBug, RacingBlocksAreReportedByTheThreadSanitizer) {
  const Finished program = launch_elsewhere("seeded-race", "racing_blocks", "64");
  EXPECT_NE(program.output.find("ThreadSanitizer: data race"), std::string::npos) << program.output;
  EXPECT_NE(program.output.find("racing_blocks"), std::string::npos) << program.output;
}
#endif

}  // namespace
}  // namespace hal::conformance
