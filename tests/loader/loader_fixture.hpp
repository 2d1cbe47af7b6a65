// SPDX-License-Identifier: Apache-2.0
//
// A fixture that runs libhal on a fake machine and collects its errors and warnings.
#ifndef HAL_TESTS_LOADER_LOADER_FIXTURE_HPP_
#define HAL_TESTS_LOADER_LOADER_FIXTURE_HPP_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hal/hal.h"
#include "loader/fake_machine.hpp"

namespace hal::test {

struct Found {
  hal_status_t answer = HAL_OK;  // of hal_candidate_info
  hal_candidate_status_t status = HAL_CANDIDATE_UNPROBED;
  std::string name, reason, detail, hint, origin, version, abi;
};

inline std::string last_message() {
  hal_error_info_t info = {};
  info.struct_size = sizeof(info);
  hal_last_error(&info);
  return info.message;
}

inline bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

class Loader : public testing::Test {
 protected:
  void SetUp() override { hal_log_set_callback(&Loader::take, this); }

  void TearDown() override {
    stop();
    hal_log_set_callback(nullptr, nullptr);
  }

  void start() {
    if (started_) return;
    ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK) << last_message();
    started_ = true;
  }

  void stop() {
    if (!started_) return;
    EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
    started_ = false;
  }

  std::uint32_t scan() {
    start();
    std::uint32_t count = 0;
    EXPECT_EQ(hal_candidate_scan(&count), HAL_OK) << last_message();
    return count;
  }

  hal_candidate_info_t row(std::uint32_t index) {
    hal_candidate_info_t info = {};
    info.struct_size = sizeof(info);
    EXPECT_EQ(hal_candidate_info(index, &info), HAL_OK) << last_message();
    return info;
  }

  // Scans again and returns the index of the file.
  std::uint32_t index_of(const std::filesystem::path &path) {
    const std::uint32_t count = scan();
    for (std::uint32_t i = 0; i < count; ++i)
      if (row(i).path == path.string()) return i;
    ADD_FAILURE() << path << " was not found";
    return UINT32_MAX;
  }

  Found describe(std::uint32_t index) {
    const hal_candidate_info_t info = row(index);
    return {HAL_OK, info.status, info.name, info.reason, info.detail, info.hint, info.origin, info.version, info.abi};
  }

  Found inspect(const std::filesystem::path &path) { return describe(index_of(path)); }

  Found probe(const std::filesystem::path &path) {
    const std::uint32_t index = index_of(path);
    EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
    return describe(index);
  }

  static void take(void *user, hal_log_level_t level, const char * /*component*/, const char *message) {
    auto &self = *static_cast<Loader *>(user);
    (level == HAL_LOG_ERROR ? self.errors : self.warnings).emplace_back(message);
  }

  FakeMachine machine;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;

 private:
  bool started_ = false;
};

}  // namespace hal::test

#endif  // HAL_TESTS_LOADER_LOADER_FIXTURE_HPP_
