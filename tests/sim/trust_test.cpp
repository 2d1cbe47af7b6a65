// SPDX-License-Identifier: Apache-2.0
//
// A simulator runs no program and loads no library that the core refuses.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstddef>
#include <filesystem>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

class SimTrust : public SimTest {
 protected:
  void SetUp() override {}

  hal_status_t try_open() {
    EXPECT_EQ(enter(backend_, *chip_, &host_.services, &host_.plugin), HAL_OK);
    ops_ = host_.plugin.ops;
    const hal_status_t status = ops_->device_open(host_.plugin.self, 0, &device_);
    if (status == HAL_OK) device_ = (ops_->device_close(device_), nullptr);
    return status;
  }

  hal_status_t probe(hal_probe_v1_t &answer) {
    answer.struct_size = sizeof answer;
    return ops_->probe(host_.plugin.self, &answer);
  }

  static bool has_child() { return waitpid(-1, nullptr, WNOHANG | __WNOTHREAD) >= 0; }
};

TEST_F(SimTrust, OpensNothingIfItsProgramOrItsHooksAreRefused) {
  for (const char *name : {"hal-sim-device", "hal-sim-hooks.so"}) {
    host_.refused = name;
    EXPECT_EQ(try_open(), HAL_ERR_UNAVAILABLE);
    EXPECT_NE(host_.message.find(std::string(name) + " is not trusted: refused by the test"), std::string::npos)
        << host_.message;
    EXPECT_FALSE(has_child());
    hal_probe_v1_t answer = {};
    EXPECT_EQ(probe(answer), HAL_ERR_UNAVAILABLE);
    EXPECT_STREQ(answer.reason, "untrusted_path");
    EXPECT_NE(std::string(answer.detail).find(name), std::string::npos) << answer.detail;
    EXPECT_STRNE(answer.hint, "");
  }
}

TEST_F(SimTrust, AsksAboutItsProgramOnlyIfItRunsIt) {
  host_.options["PROCESS"] = "0";
  host_.refused = "hal-sim-device";
  ASSERT_EQ(try_open(), HAL_OK) << host_.message;
  hal_probe_v1_t answer = {};
  EXPECT_EQ(probe(answer), HAL_OK);
  host_.refused = "hal-sim-hooks.so";
  EXPECT_EQ(try_open(), HAL_ERR_UNAVAILABLE);
}

TEST_F(SimTrust, LosesADeviceWhoseProgramIsRefusedAtItsReset) {
  open();
  host_.refused = "hal-sim-device";
  EXPECT_EQ(ops_->device_reset(device_), HAL_ERR_UNAVAILABLE);
  EXPECT_NE(host_.message.find("refused by the test"), std::string::npos) << host_.message;
  ops_->device_close(device_);
  device_ = nullptr;
}

TEST_F(SimTrust, OpensWithACoreThatCannotJudgeFiles) {
  host_.refused = "hal-sim-device";
  host_.services.struct_size = offsetof(hal_host_v1_t, check_trust);
  EXPECT_EQ(try_open(), HAL_OK) << host_.message;
}

}  // namespace
}  // namespace hal::sim::test
