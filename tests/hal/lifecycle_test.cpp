// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <vector>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

TEST(Lifecycle, CallsBeforeInitAreRefusedWithTheReason) {
  hal_backend_t backend = nullptr;
  EXPECT_EQ(hal_backend_select("fake-sim", &backend), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(last_message(), "libhal is not initialised");
  EXPECT_STREQ(last_error().function, "hal_backend_select");
  EXPECT_STREQ(last_error().component, "core");
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION);
}

TEST(Lifecycle, InitIsCounted) {
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION);
}

TEST(Lifecycle, AnApplicationOfAnotherDraftIsRefusedWithBothNumbers) {
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT + 6), HAL_ERR_INCOMPATIBLE);
  EXPECT_TRUE(contains(last_message(), std::to_string(HAL_ABI_DRAFT + 6)));
  EXPECT_TRUE(contains(last_message(), "draft " + std::to_string(HAL_ABI_DRAFT)));
}

TEST(Lifecycle, VersionsAndStatusNamesAreAvailableAtAnyTime) {
  EXPECT_STREQ(hal_version(), "0.1.0");
  EXPECT_EQ(hal_abi_draft(), HAL_ABI_DRAFT);
  EXPECT_STREQ(hal_status_string(HAL_ERR_OUT_OF_RANGE), "OUT_OF_RANGE");
  EXPECT_STREQ(hal_status_string(HAL_OK), "OK");
  EXPECT_STREQ(hal_status_string(-1000), "UNKNOWN");
}

TEST(Lifecycle, ShutdownWithAnOpenDeviceIsBusyAndNamesIt) {
  setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  ASSERT_EQ(hal_backend_select("fake-sim", &backend), HAL_OK);
  ASSERT_EQ(hal_device_open(backend, 1, &device), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "fake-sim:1"));
  ASSERT_EQ(hal_device_close(device), HAL_OK);
  ASSERT_EQ(hal_shutdown(), HAL_OK);

  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  std::uint32_t count = 0;
  EXPECT_EQ(hal_device_count(backend, &count), HAL_ERR_INVALID_ARGUMENT) << "backend handles end with hal_shutdown";
  ASSERT_EQ(hal_backend_select("fake-sim", &backend), HAL_OK);
  EXPECT_EQ(hal_device_count(backend, &count), HAL_OK);
  EXPECT_EQ(count, 2u);
  ASSERT_EQ(hal_shutdown(), HAL_OK);
}

TEST(Lifecycle, TheErrorOfABadVariableHasItsNameItsValueAndTheAllowedValues) {
  setenv("HAL_LOG_LEVEL", "loud", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "HAL_LOG_LEVEL"));
  EXPECT_TRUE(contains(last_message(), "\"loud\""));
  EXPECT_TRUE(contains(last_message(), "warn"));
  unsetenv("HAL_LOG_LEVEL");

  setenv("HAL_BACKEND", "a5-sim:x", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "HAL_BACKEND"));
  unsetenv("HAL_BACKEND");

  setenv("HAL_PLUGIN_FILES", "relative.so", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "absolute"));
  unsetenv("HAL_PLUGIN_FILES");
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  ASSERT_EQ(hal_shutdown(), HAL_OK);
}

struct Logged {
  std::vector<std::string> lines;
  static void take(void *user, hal_log_level_t /*level*/, const char *component, const char *message) {
    static_cast<Logged *>(user)->lines.push_back(std::string(component) + ": " + message);
  }
};

TEST(Log, AMisspeltVariableCausesOneWarning) {
  Logged logged;
  ASSERT_EQ(hal_log_set_callback(&Logged::take, &logged), HAL_OK);
  setenv("HAL_BAKEND", "a5-sim", 1);
  setenv("HAL_SOMETHING_ELSE", "1", 1);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
    ASSERT_EQ(hal_shutdown(), HAL_OK);
  }
  unsetenv("HAL_BAKEND");
  unsetenv("HAL_SOMETHING_ELSE");
  ASSERT_EQ(hal_log_set_callback(nullptr, nullptr), HAL_OK);
  ASSERT_EQ(logged.lines.size(), 1u);
  EXPECT_TRUE(contains(logged.lines[0], "HAL_BAKEND"));
  EXPECT_TRUE(contains(logged.lines[0], "did you mean HAL_BACKEND?"));
}

TEST(Log, LevelsBeyondOffDoNotExist) {
  EXPECT_EQ(hal_log_set_level(HAL_LOG_OFF + 1), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_log_set_level(HAL_LOG_WARN), HAL_OK);
}

TEST(Errors, AnOutputThatIsTooSmallIsRefused) {
  hal_error_info_t info = {};
  info.struct_size = 8;
  EXPECT_EQ(hal_last_error(&info), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_last_error(nullptr), HAL_ERR_INVALID_ARGUMENT);
}

TEST(Errors, ANewThreadHasNoFailure) {
  hal_shutdown();
  std::thread([] {
    const hal_error_info_t info = last_error();
    EXPECT_EQ(info.status, HAL_OK);
    EXPECT_STREQ(info.message, "");
    EXPECT_STREQ(info.native_domain, "");
  }).join();
}

}  // namespace
}  // namespace hal::test
