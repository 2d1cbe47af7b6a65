// SPDX-License-Identifier: Apache-2.0
#include "sim/host/process/reply.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "hal/hal.h"

namespace hal::sim {
namespace {

class ReplyTest : public ::testing::Test {
 protected:
  ReplyTest() {
    call_.request.number = 7;
    reply_.number = 7;
    of_kind(wire::RequestKind::kUnload);
  }

  void of_kind(wire::RequestKind kind) {
    call_.request.kind = kind;
    reply_.kind = kind;
  }
  // The message is in memory of its own size, so a sanitizer finds a read outside of it.
  std::optional<wire::Reply> parse(std::size_t size = sizeof(wire::Reply)) {
    std::vector<std::byte> message(std::min(size, sizeof reply_));
    std::memcpy(message.data(), &reply_, message.size());
    return parse_reply(message.data(), size, call_, why_);
  }

  Call call_ = {};
  wire::Reply reply_ = {};
  std::string why_;
};

TEST_F(ReplyTest, AcceptsTheReplyToTheRequest) {
  EXPECT_TRUE(parse()) << why_;
  reply_.status = HAL_ERR_NOT_FOUND;
  wire::put_text(reply_.text, sizeof reply_.text, "text");
  const std::optional<wire::Reply> failed = parse();
  ASSERT_TRUE(failed) << why_;
  EXPECT_EQ(failed->status, HAL_ERR_NOT_FOUND);
  EXPECT_STREQ(failed->text, "text");
}

TEST_F(ReplyTest, RefusesEveryOtherSize) {
  for (const std::size_t size : {std::size_t{1}, sizeof reply_ - 1, sizeof reply_ + 1, std::size_t{1} << 20})
    EXPECT_FALSE(parse(size)) << size;
  EXPECT_EQ(why_, "a message of 1048576 bytes, where a reply has " + std::to_string(sizeof reply_));
}

TEST_F(ReplyTest, RefusesTheReplyToAnotherRequest) {
  reply_.number = 6;
  EXPECT_FALSE(parse());
  reply_.number = 7;
  reply_.kind = wire::RequestKind::kFind;
  EXPECT_FALSE(parse());
  EXPECT_EQ(why_, "the reply to another request");
}

TEST_F(ReplyTest, RefusesAStatusThatADeviceProcessDoesNotSend) {
  for (const std::int32_t status : {1, 12345, -10, -1000, HAL_ERR_KERNEL_FAULT}) {
    reply_.status = status;
    EXPECT_FALSE(parse()) << status;
  }
  EXPECT_EQ(why_, "a reply with the unknown status -33");
}

TEST_F(ReplyTest, RefusesATextWithoutAnEnd) {
  reply_.status = HAL_ERR_INTERNAL;
  std::memset(reply_.text, 'x', sizeof reply_.text);
  EXPECT_FALSE(parse());
  reply_.text[sizeof reply_.text - 1] = '\0';
  EXPECT_TRUE(parse()) << why_;
}

TEST_F(ReplyTest, RefusesAddressesThatCannotBe) {
  reply_.value = 1;
  EXPECT_FALSE(parse()) << "an unload has no address";
  of_kind(wire::RequestKind::kLoad);
  EXPECT_FALSE(parse()) << "not the start of a page";
  reply_.value = 0x10000000;
  EXPECT_TRUE(parse()) << why_;

  of_kind(wire::RequestKind::kFind);
  call_.begin = 0x10000000;
  call_.end = 0x10002000;
  EXPECT_TRUE(parse()) << why_;
  reply_.value = 0x10002000;
  EXPECT_FALSE(parse()) << "after the object";
  reply_.value = 0x0fffffff;
  EXPECT_FALSE(parse()) << "before the object";
  EXPECT_EQ(why_, "a reply with the impossible address 0xfffffff");
}

}  // namespace
}  // namespace hal::sim
