// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <string>

namespace hal::core {
namespace {

TEST(ErrorInfo, CarriesFunctionMessageAndHint) {
  const ApiScope scope("hal_outer");
  {
    const ApiScope inner("hal_inner");
    EXPECT_EQ(fail(HAL_ERR_BUSY, "it is busy", "wait"), HAL_ERR_BUSY);
  }
  EXPECT_STREQ(last_error().function, "hal_outer") << "the function that the user called";
  EXPECT_STREQ(last_error().component, "core");
  EXPECT_STREQ(last_error().message, "it is busy");
  EXPECT_STREQ(last_error().hint, "wait");
}

TEST(ErrorInfo, AMessageThatIsTooLongIsCutAtAWord) {
  std::string words;
  while (words.size() < 2 * kErrorTextBytes) words += "/a/directory/of/plugins, ";
  fail(HAL_ERR_BUSY, words, words);
  for (const std::string text : {last_error().message, last_error().hint}) {
    EXPECT_TRUE(text.ends_with("/a/directory/of/plugins,…")) << text;
    EXPECT_GT(text.size(), kErrorTextBytes - 30);
  }
}

TEST(ErrorInfo, NoTextOfARecordHasControlCharacters) {
  const char *hostile = "a\x1B[2J\n\xC2\x9B\xFF";
  const char *shown = "a\\x1b[2J\\x0a\\xc2\\x9b\\xff";
  fail(HAL_ERR_BUSY, hostile, hostile);
  EXPECT_STREQ(last_error().message, shown);
  EXPECT_STREQ(last_error().hint, shown);
  stage_error(1, "\x1B", hostile, hostile);
  hal_kernel_fault_v1_t fault = {};
  fault.struct_size = sizeof(fault);
  fault.kernel = hostile;
  stage_kernel_fault(fault);
  fail_staged("\x1B", HAL_ERR_KERNEL_FAULT, "", "");
  EXPECT_STREQ(last_error().message, shown);
  EXPECT_STREQ(last_error().hint, shown);
  EXPECT_STREQ(last_error().domain, "\\x1b");
  EXPECT_STREQ(last_error().component, "\\x1b");
  EXPECT_STREQ(last_error().facts.kernel, shown);
}

TEST(ErrorInfo, MessagesHaveAtMostOneKibibyte) {
  fail(HAL_ERR_BUSY, std::string(5000, 'x'));
  EXPECT_EQ(std::string(last_error().message).size(), kErrorTextBytes - 1);
}

TEST(ErrorInfo, ErrnoIsReportedWithItsDomainAndText) {
  fail_errno(HAL_ERR_NOT_FOUND, ENOENT, "file x");
  EXPECT_EQ(last_error().native_code, ENOENT);
  EXPECT_STREQ(last_error().domain, "errno");
  EXPECT_STREQ(last_error().message, "file x: No such file or directory");
  fail(HAL_ERR_BUSY, "next");
  EXPECT_EQ(last_error().native_code, 0) << "the details of an earlier failure are cleared";
  EXPECT_STREQ(last_error().domain, "");
}

TEST(ErrorInfo, AStagedReportIsTheErrorOnlyIfTheOperationFails) {
  fail(HAL_ERR_BUSY, "before");
  stage_error(12, "rt", "the plugin's message", "its hint");
  EXPECT_STREQ(last_error().message, "before");
  EXPECT_EQ(fail_staged("a5-sim", HAL_ERR_TIMEOUT, "unused", ""), HAL_ERR_TIMEOUT);
  EXPECT_STREQ(last_error().message, "the plugin's message");
  EXPECT_STREQ(last_error().component, "a5-sim");
  EXPECT_EQ(last_error().native_code, 12);
  fail_staged("a5-sim", HAL_ERR_TIMEOUT, "no staged report", "");
  EXPECT_STREQ(last_error().message, "no staged report");

  {
    const ApiScope scope("hal_one");
    stage_error(1, "rt", "left over", "");
  }
  const ApiScope scope("hal_two");
  EXPECT_FALSE(has_staged_error()) << "a staged report does not outlive its public call";
}

hal_kernel_fault_v1_t kernel_fault() {
  return {.struct_size = sizeof(hal_kernel_fault_v1_t),
          .fault_flags = HAL_FAULT_HAS_BLOCK | HAL_FAULT_HAS_ADDR | HAL_FAULT_WRITE,
          .kernel = "add_one",
          .fault_addr = 0x1000,
          .block = 7,
          .reserved0 = 0};
}

void expect_no_facts() {
  const KernelFacts &facts = last_error().facts;
  EXPECT_STREQ(facts.kernel, "");
  EXPECT_EQ(facts.address, 0u);
  EXPECT_EQ(facts.block, 0u);
  EXPECT_EQ(facts.flags, 0u);
}

// Records the facts of kernel_fault() in this thread's last error.
void fail_as_kernel() {
  stage_error(11, "sim", "it faulted", "");
  stage_kernel_fault(kernel_fault());
  EXPECT_EQ(fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", ""), HAL_ERR_KERNEL_FAULT);
  EXPECT_STREQ(last_error().facts.kernel, "add_one");
}

TEST(KernelFacts, AreThoseOfTheStagedReport) {
  fail_as_kernel();
  EXPECT_EQ(last_error().facts.address, 0x1000u);
  EXPECT_EQ(last_error().facts.block, 7u);
  EXPECT_EQ(last_error().facts.flags, HAL_FAULT_HAS_BLOCK | HAL_FAULT_HAS_ADDR | HAL_FAULT_WRITE);
  stage_error(0, "", "it ran too long", "");
  stage_kernel_fault({.struct_size = sizeof(hal_kernel_fault_v1_t),
                      .fault_flags = 0,
                      .kernel = "endless",
                      .fault_addr = 0,
                      .block = 0,
                      .reserved0 = 0});
  fail_staged("a5-sim", HAL_ERR_KERNEL_TIMEOUT, "", "");
  EXPECT_STREQ(last_error().facts.kernel, "endless");
  EXPECT_EQ(last_error().facts.address, 0u);
  EXPECT_EQ(last_error().facts.flags, 0u);
}

TEST(KernelFacts, AreClearedByTheNextFailureOfAnyOrigin) {
  fail_as_kernel();
  fail(HAL_ERR_KERNEL_FAULT, "of the core");
  expect_no_facts();
  fail_as_kernel();
  fail_errno(HAL_ERR_NOT_FOUND, ENOENT, "file x");
  expect_no_facts();
  fail_as_kernel();
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "without a report", "");
  expect_no_facts();
  fail_as_kernel();
  stage_error(11, "sim", "a report without facts", "");
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  expect_no_facts();
}

TEST(KernelFacts, BelongToTheReportStagedBeforeThem) {
  fail(HAL_ERR_BUSY, "before");
  stage_kernel_fault(kernel_fault());
  EXPECT_FALSE(has_staged_error()) << "facts without a report are not staged";
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "no report", "");
  expect_no_facts();
  stage_kernel_fault(kernel_fault());
  stage_error(0, "", "staged after the facts", "");
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  expect_no_facts();
  stage_error(0, "", "of a first attempt", "");
  stage_kernel_fault(kernel_fault());
  stage_error(0, "", "of a second attempt", "");
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  expect_no_facts();
  stage_error(0, "", "of an operation that succeeded", "");
  stage_kernel_fault(kernel_fault());
  drop_staged_error();
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "no report", "");
  EXPECT_STREQ(last_error().message, "no report");
  expect_no_facts();
}

TEST(KernelFacts, AreOnlyForFailuresOfKernels) {
  for (const hal_status_t status : {HAL_ERR_DEVICE_LOST, HAL_ERR_CANCELLED, HAL_ERR_TIMEOUT, HAL_ERR_INTERNAL}) {
    stage_error(0, "", "it is lost", "");
    stage_kernel_fault(kernel_fault());
    fail_staged("a5-sim", status, "", "");
    EXPECT_STREQ(last_error().message, "it is lost");
    expect_no_facts();
  }
}

TEST(KernelFacts, ContainOnlyWhatTheFlagsAnnounce) {
  hal_kernel_fault_v1_t fault = kernel_fault();
  fault.fault_flags = HAL_FAULT_READ | (1u << 31);
  fault.kernel = nullptr;
  stage_error(0, "", "it faulted", "");
  stage_kernel_fault(fault);
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  EXPECT_EQ(last_error().facts.flags, HAL_FAULT_READ) << "this draft does not define the other bit";
  EXPECT_STREQ(last_error().facts.kernel, "");
  EXPECT_EQ(last_error().facts.address, 0u);
  EXPECT_EQ(last_error().facts.block, 0u);
}

TEST(KernelFacts, AreReadOnlyUpToThePluginsStructSize) {
  hal_kernel_fault_v1_t fault = kernel_fault();
  fault.struct_size = offsetof(hal_kernel_fault_v1_t, fault_addr);
  stage_error(0, "", "it faulted", "");
  stage_kernel_fault(fault);
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  EXPECT_STREQ(last_error().facts.kernel, "add_one");
  EXPECT_EQ(last_error().facts.address, 0u);
  EXPECT_EQ(last_error().facts.block, 0u);
}

TEST(KernelFacts, CutALongNameAndKeepItUtf8) {
  const std::string name = std::string(kKernelNameBytes, 'k') + "tail";
  hal_kernel_fault_v1_t fault = kernel_fault();
  fault.kernel = name.c_str();
  stage_error(0, "", "it faulted", "");
  stage_kernel_fault(fault);
  fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  EXPECT_EQ(last_error().facts.kernel, std::string(kKernelNameBytes - 1, 'k'));
}

TEST(KernelFacts, OfAQuietFailureDoNotReplaceEarlierFacts) {
  fail_as_kernel();
  {
    const QuietErrors quiet;
    stage_error(0, "", "quiet", "");
    hal_kernel_fault_v1_t other = kernel_fault();
    other.kernel = "other";
    stage_kernel_fault(other);
    fail_staged("a5-sim", HAL_ERR_KERNEL_FAULT, "", "");
  }
  EXPECT_STREQ(last_error().facts.kernel, "add_one");
  EXPECT_EQ(last_error().facts.block, 7u);
}

TEST(ErrorInfo, QuietFailuresRecordNothing) {
  fail(HAL_ERR_BUSY, "kept");
  {
    const QuietErrors quiet;
    EXPECT_EQ(fail(HAL_ERR_TIMEOUT, "lost"), HAL_ERR_TIMEOUT);
    EXPECT_EQ(fail_staged("x", HAL_ERR_TIMEOUT, "lost", ""), HAL_ERR_TIMEOUT);
  }
  EXPECT_STREQ(last_error().message, "kept");
}

}  // namespace
}  // namespace hal::core
