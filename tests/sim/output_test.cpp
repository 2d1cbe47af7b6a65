// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "fake_host.hpp"
#include "stderr_of_process.hpp"

namespace hal::sim::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class OutputTest : public SimTest {
 protected:
  void SetUp() override {
    host_.options["WORKERS"] = "3";
    kernels_path_ = HAL_TEST_PRINTING_KERNELS;
    open();
  }
  void TearDown() override {
    stderr_.restore();
    close();
  }
  StderrOfProcess stderr_;
};

TEST_F(OutputTest, EachWayToPrintGivesALineWithBackendDeviceAndBlock) {
  ASSERT_EQ(wait(launch("print_each_way", 1, {})), HAL_OK) << host_.message;
  EXPECT_THAT(stderr_.lines(),
              ElementsAre("[a2a3-sim 0 block 0] printf 1", "[a2a3-sim 0 block 0] puts", "[a2a3-sim 0 block 0] fputs",
                          "[a2a3-sim 0 block 0] stderr text", "[a2a3-sim 0 block 0] cout 2",
                          "[a2a3-sim 0 block 0] cerr 3", "[a2a3-sim 0 block 0] c"));
}

TEST_F(OutputTest, PartsBecomeOneLineAndARestEndsWithItsBlock) {
  ASSERT_EQ(wait(launch("print_in_parts", 1, {})), HAL_OK) << host_.message;
  ASSERT_EQ(wait(launch("print_in_parts", 1, {})), HAL_OK) << host_.message;
  const std::vector<std::string> once = {"[a2a3-sim 0 block 0] one two three", "[a2a3-sim 0 block 0] ",
                                         "[a2a3-sim 0 block 0] four", "[a2a3-sim 0 block 0] five"};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_EQ(stderr_.lines(), twice);
}

TEST_F(OutputTest, ALineBeyondTheLimitIsWrittenInLabelledPartsAndNothingIsLost) {
  constexpr std::size_t kCharacters = 10'000;
  ASSERT_EQ(wait(launch("print_long_line", 1, {kCharacters})), HAL_OK) << host_.message;
  const std::string label = "[a2a3-sim 0 block 0] ";
  std::string all;
  const std::vector<std::string> lines = stderr_.lines();
  EXPECT_EQ(lines.size(), 3u);
  for (const std::string &line : lines) {
    EXPECT_THAT(line, StartsWith(label));
    EXPECT_LT(line.size(), 4096u);
    all += line.substr(label.size());
  }
  ASSERT_EQ(all.size(), kCharacters);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<char>('a' + i % 26)) << i;
}

TEST_F(OutputTest, LinesOfTwoBlocksThatPrintAtTheSameTimeNeverMix) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  ASSERT_EQ(wait(launch("print_together", 2, {info.device_addr})), HAL_OK) << host_.message;
  const std::vector<std::string> lines = stderr_.lines();
  const std::string of_0 = "[a2a3-sim 0 block 0] " + std::string(20, 'a');
  const std::string of_1 = "[a2a3-sim 0 block 1] " + std::string(20, 'b');
  EXPECT_EQ(std::count(lines.begin(), lines.end(), of_0), 200);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), of_1), 200);
  EXPECT_EQ(lines.size(), 400u);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(OutputTest, AKernelsOwnThreadHasNoBlockAndItsRestIsNotLost) {
  ASSERT_EQ(wait(launch("print_in_own_thread", 1, {})), HAL_OK) << host_.message;
  EXPECT_THAT(stderr_.lines(), ElementsAre("[a2a3-sim 0] from a thread", "[a2a3-sim 0 block 0] from the block"));
}

TEST_F(OutputTest, OutputBeforeACrashIsWrittenBeforeTheFaultIsReported) {
  ASSERT_EQ(wait(launch("print_and_crash", 1, {0x40})), HAL_ERR_KERNEL_FAULT);
  EXPECT_THAT(stderr_.lines(), ElementsAre("[a2a3-sim 0 block 0] whole", "[a2a3-sim 0 block 0] about to crash"));
}

TEST_F(OutputTest, OutputOfAHungBlockIsWrittenBeforeItsTimeout) {
  ASSERT_EQ(wait(launch("print_and_hang", 1, {}, 50'000'000)), HAL_ERR_KERNEL_TIMEOUT);
  EXPECT_THAT(stderr_.lines(), ElementsAre("[a2a3-sim 0 block 0] about to hang"));
}

TEST_F(OutputTest, AnAssertionsMessageIsOnALineOfItsBlock) {
  ASSERT_EQ(wait(launch("assert_two_is_three", 1, {2})), HAL_ERR_KERNEL_FAULT);
  ASSERT_EQ(stderr_.lines().size(), 1u);
  EXPECT_THAT(stderr_.lines()[0], StartsWith("[a2a3-sim 0 block 0] before "));
  EXPECT_THAT(stderr_.lines()[0], HasSubstr("two == 3 && \"two is three\"' failed"));
}

TEST_F(OutputTest, LinesOfTheSecondDeviceNameDevice1) {
  hal_pdev_t first = device_;
  const hal_pstream_t stream = stream_;
  const hal_pexec_t executable = executable_;
  ordinal_ = 1;
  open();
  ASSERT_EQ(wait(launch("print_in_own_thread", 1, {})), HAL_OK) << host_.message;
  close();
  device_ = first;
  stream_ = stream;
  executable_ = executable;
  EXPECT_THAT(stderr_.lines(), ElementsAre("[a2a3-sim 1] from a thread", "[a2a3-sim 1 block 0] from the block"));
}

// A pipe without a reader is full after 64 KiB. The process must still end, and the fault must be reported.
TEST_F(OutputTest, AFullPipeDoesNotDelayAFault) {
  close();
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const std::string much(4096, 'x');
  while (write(ends[1], much.data(), much.size()) > 0) {
  }
  stderr_.restore();
  const int kept = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  open();
  dup2(kept, STDERR_FILENO);
  EXPECT_EQ(wait(launch("print_rest_and_crash", 1, {0x40})), HAL_ERR_KERNEL_FAULT);
  for (const int fd : {kept, ends[0], ends[1]}) ::close(fd);
}

class OrderTest : public OutputTest {
 protected:
  void SetUp() override {
    host_.options["DETERMINISTIC"] = "1";
    OutputTest::SetUp();
  }
};

TEST_F(OrderTest, InDeterministicModeEachRunRunsAndPrintsBlocksInTheOrderOfTheirIndex) {
  constexpr std::uint32_t kBlocks = 300;
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  auto *words = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  std::string wanted;
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    const std::string index = std::to_string(block);
    wanted += "[a2a3-sim 0 block " + index + "] turn " + index + ": block " + index + " of 300\n";
  }
  std::string trace;
  for (int run = 0; run < 10; ++run) {
    for (std::uint32_t i = 0; i <= kBlocks; ++i) words[i] = 0;
    ASSERT_EQ(wait(launch("print_order", kBlocks, {info.device_addr})), HAL_OK) << host_.message;
    for (std::uint32_t i = 0; i < kBlocks; ++i) ASSERT_EQ(words[1 + i], i) << "in run " << run;
    trace += wanted;
    ASSERT_EQ(stderr_.text(), trace) << "after run " << run;
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

class OwnOutputTest : public SimTest {
 protected:
  void SetUp() override {
    host_.options["PROCESS"] = "0";
    kernels_path_ = HAL_TEST_PRINTING_KERNELS;
    open();
  }
};

TEST_F(OwnOutputTest, OnThreadsOfTheHostHasNoLabel) {
  testing::internal::CaptureStdout();
  const hal_status_t status = wait(launch("print_in_own_thread", 1, {}));
  const std::string text = testing::internal::GetCapturedStdout();
  ASSERT_EQ(status, HAL_OK) << host_.message;
  EXPECT_EQ(text, "from a threadfrom the block\n");
}

}  // namespace
}  // namespace hal::sim::test
