// SPDX-License-Identifier: Apache-2.0
#include "sim/host/reports/diagnose.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace hal::sim {
namespace {

namespace fs = std::filesystem;

struct Seen {
  hal_finding_verdict_t verdict;
  std::string value, hint;
};

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

class SimDiagnose : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hal-sim-diagnose-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
    fs::create_directories(root_ + "/proc/sys/vm");
    write("/proc/sys/vm/overcommit_memory", "0\n");
    write("/proc/meminfo", "MemTotal:       16384 kB\nMemAvailable:    8192 kB\n");
    write("/helper", "");
    fs::permissions(helper(), fs::perms(0755));
    options_.memory_bytes = 2 * kGiB;
    options_.mapped_bytes = kGiB;
    options_.own_process = true;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string &path, const std::string &text) { std::ofstream(root_ + path) << text; }
  std::string helper() const { return root_ + "/helper"; }

  Seen look(const std::string &name) {
    std::map<std::string, Seen> seen;
    const auto keep = [](void *user, const hal_finding_t *finding) {
      (*static_cast<std::map<std::string, Seen> *>(user))[finding->name] = {finding->verdict, finding->value,
                                                                            finding->hint};
    };
    plugins::Findings findings(keep, &seen);
    diagnose(options_, helper(), limits_, root_, findings);
    return seen[name];
  }

  std::string root_;
  Options options_ = {};
  Limits limits_;
};

TEST_F(SimDiagnose, TheHelperMustExistAndBeExecutable) {
  EXPECT_EQ(look("program").verdict, HAL_FINDING_OK);
  fs::permissions(helper(), fs::perms(0644));
  EXPECT_EQ(look("program").verdict, HAL_FINDING_PROBLEM);
  EXPECT_NE(look("program").value.find("not executable"), std::string::npos);
  fs::remove(helper());
  EXPECT_NE(look("program").value.find("is missing"), std::string::npos);
  options_.own_process = false;
  EXPECT_EQ(look("program").value, "") << "the program is not needed";
  EXPECT_EQ(look("HAL_SIM_PROCESS").verdict, HAL_FINDING_WARNING);
}

TEST_F(SimDiagnose, OneDeviceMustFitInTheLimits) {
  EXPECT_EQ(look("address space").verdict, HAL_FINDING_OK);
  const std::uint64_t needed = 2 * (options_.memory_bytes + window_room_bytes(options_));
  EXPECT_GT(needed, 6 * kGiB) << "guard pages need addresses too";
  limits_.address_space_bytes = needed;
  EXPECT_EQ(look("address space").verdict, HAL_FINDING_OK);
  limits_.address_space_bytes = needed - 1;
  EXPECT_EQ(look("address space").verdict, HAL_FINDING_PROBLEM);
  EXPECT_NE(look("address space").hint.find("HAL_SIM_MEMORY"), std::string::npos);
  limits_.file_bytes = kGiB;
  EXPECT_EQ(look("file size").verdict, HAL_FINDING_PROBLEM);
}

TEST_F(SimDiagnose, StrictOvercommitIsAWarning) {
  EXPECT_EQ(look("overcommit").verdict, HAL_FINDING_OK);
  write("/proc/sys/vm/overcommit_memory", "2\n");
  EXPECT_EQ(look("overcommit").verdict, HAL_FINDING_WARNING);
  EXPECT_EQ(look("available").value, "8 MiB of the machine's memory");
}

TEST_F(SimDiagnose, OnlySignalsOfKernelsAreExplained) {
  hal_native_error_v1_t out = {};
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGKILL}) {
    ASSERT_TRUE(explain_signal(signal, out)) << signal;
    EXPECT_EQ(out.status, HAL_ERR_KERNEL_FAULT);
    EXPECT_STREQ(out.domain, "sim");
  }
  for (const std::int64_t code : {std::int64_t{0}, std::int64_t{-11}, std::int64_t{SIGUSR1}, INT64_MAX})
    EXPECT_FALSE(explain_signal(code, out)) << code;
}

}  // namespace
}  // namespace hal::sim
