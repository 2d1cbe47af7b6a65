// SPDX-License-Identifier: Apache-2.0
//
// The details that a failing call records for its thread.
#include <string>
#include <thread>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

class ErrorInfo : public Conformance {};

TEST_F(ErrorInfo, BelongsToItsThreadAndSuccessDoesNotClearIt) {
  ASSERT_EQ(hal_device_query(device_, 987654, nullptr), HAL_ERR_INVALID_ARGUMENT);
  std::thread([] {
    auto other = sized<hal_error_info_t>();
    EXPECT_EQ(hal_last_error(&other), HAL_OK);
    EXPECT_EQ(other.status, HAL_OK);
  }).join();
  EXPECT_TRUE(ok(hal_device_wait(device_, 0)));
  auto mine = sized<hal_error_info_t>();
  EXPECT_EQ(hal_last_error(&mine), HAL_OK);
  EXPECT_EQ(mine.status, HAL_ERR_INVALID_ARGUMENT);
  EXPECT_STREQ(mine.function, "hal_device_query");
}

TEST_F(ErrorInfo, KeepsItsPointersUntilTheNextFailureOfItsThread) {
  ASSERT_EQ(hal_device_query(device_, 987'654, nullptr), HAL_ERR_INVALID_ARGUMENT);
  auto info = sized<hal_error_info_t>();
  ASSERT_EQ(hal_last_error(&info), HAL_OK);
  const std::string message = info.message;
  const std::string hint = info.hint;
  EXPECT_TRUE(ok(hal_device_wait(device_, 0)));
  std::thread([&] { EXPECT_EQ(hal_stream_wait(nullptr, 1, 0), HAL_ERR_INVALID_ARGUMENT); }).join();
  EXPECT_EQ(info.message, message);
  EXPECT_EQ(info.hint, hint);
  EXPECT_STREQ(info.function, "hal_device_query");
}

// Returns the length in characters, or -1 if the bytes are not UTF-8.
long utf8_length(const std::string &text) {
  long length = 0;
  for (std::size_t i = 0; i < text.size(); ++length) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (size == 0 || i + size > text.size()) return -1;
    for (std::size_t next = i + 1; next < i + size; ++next)
      if ((static_cast<unsigned char>(text[next]) & 0xc0) != 0x80) return -1;
    i += size;
  }
  return length;
}

TEST_F(ErrorInfo, IsUtf8OfAtMost1024BytesHoweverLongTheValueIs) {
  for (const std::string &value : {std::string(5000, 'x'), std::string("\xff\xfe\x80")}) {
    hal_backend_t backend = nullptr;
    const hal_status_t status = hal_backend_select(value.c_str(), &backend);
    EXPECT_TRUE(status == HAL_ERR_NOT_FOUND || status == HAL_ERR_INVALID_ARGUMENT) << status_name(status);
    auto info = sized<hal_error_info_t>();
    ASSERT_EQ(hal_last_error(&info), HAL_OK);
    EXPECT_LE(std::string(info.message).size(), 1024U);
    EXPECT_GT(utf8_length(info.message), 0) << info.message;
    EXPECT_GE(utf8_length(info.hint), 0) << info.hint;
  }
  // The limit falls inside a character of three bytes, at each of its positions.
  for (int before = 0; before < 3; ++before) {
    std::string value(before, 'x');
    for (int i = 0; i < 600; ++i) value += "\xe4\xb8\x80";
    hal_backend_t backend = nullptr;
    EXPECT_NE(hal_backend_select(value.c_str(), &backend), HAL_OK);
    auto info = sized<hal_error_info_t>();
    ASSERT_EQ(hal_last_error(&info), HAL_OK);
    EXPECT_LE(std::string(info.message).size(), 1024U);
    EXPECT_GT(utf8_length(info.message), 0) << "cut inside a character: " << info.message;
  }
}

TEST_F(ErrorInfo, NeedsAnOutput) { EXPECT_EQ(hal_last_error(nullptr), HAL_ERR_INVALID_ARGUMENT); }

}  // namespace
}  // namespace hal::conformance
