// SPDX-License-Identifier: Apache-2.0
//
// One family of the vendor's functions serves a process. It is chosen when the library is opened and never changes.
#include <cstdlib>

#include "over_standin.hpp"

namespace hal::onboard::test {
namespace {

class Family : public OverStandin {
 protected:
  void choose(const char *name) { setenv("HAL_ONBOARD_API", name, 1); }

  // Restarts libhal, which then reads the environment again.
  void restart() {
    close();
    ASSERT_TRUE(ok(hal_shutdown()));
    ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  }

  // Uses what both families support: memory of each kind, a copy, a fill.
  void use() {
    ASSERT_TRUE(ok(select()));
    ASSERT_TRUE(ok(open()));
    hal_stream_t stream = nullptr;
    ASSERT_TRUE(ok(hal_device_stream(device_, &stream)));
    const hal_mem_t device_memory = allocate(HAL_MEM_DEVICE, page_bytes());
    const hal_mem_t mapped = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
    std::uint8_t bytes[8] = {};
    std::uint64_t ticket = 0;
    EXPECT_TRUE(ok(hal_fill(stream, device_memory, 0, 8, 7, &ticket)));
    EXPECT_TRUE(ok(hal_copy_from_device(stream, bytes, device_memory, 0, 8, &ticket)));
    EXPECT_TRUE(ok(hal_stream_wait(stream, ticket, kPatienceNs)));
    EXPECT_EQ(bytes[7], 7);
    EXPECT_TRUE(ok(hal_mem_free(mapped)));
    EXPECT_TRUE(ok(hal_mem_free(device_memory)));
  }

  void expect_only(char family) {
    standin_call_t call;
    std::size_t calls = 0;
    for (; standin_call(calls, &call) == 0; ++calls) {
      EXPECT_EQ(call.family, family) << call.function;
    }
    EXPECT_GT(calls, 10U);
  }

  std::string native_api() {
    auto info = sized<hal_device_info_t>();
    EXPECT_TRUE(ok(hal_device_info(device_, &info)));
    return info.native_api;
  }
};

TEST_F(Family, IsThePublicOneIfBothExist) {
  use();
  expect_only('a');
  EXPECT_EQ(native_api().substr(0, 4), "acl ");
}

TEST_F(Family, CanBeForcedToTheInternalOneWhichCannotRunKernels) {
  choose("rt");
  restart();
  use();
  expect_only('r');
  EXPECT_NE(native_api().find("rt (HAL_ONBOARD_API)"), std::string::npos) << native_api();
  hal_executable_t executable = nullptr;
  EXPECT_TRUE(is(HAL_ERR_UNSUPPORTED,
                 hal_executable_load_file(device_, kernel_object("conformance-basics").c_str(), &executable)));
  EXPECT_NE(last_error().hint.find("HAL_ONBOARD_API"), std::string::npos) << last_error().hint;
}

TEST_F(Family, DoesNotChangeWhenTheOptionChanges) {
  use();
  choose("rt");
  restart();
  standin_calls_clear();
  use();
  expect_only('a');
}

TEST_F(Family, IsNotChangedByACallThatFails) {
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  standin_fail("aclrtMalloc", 1, 207001);
  const hal_mem_desc_t desc = describe(HAL_MEM_DEVICE, page_bytes());
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(is(HAL_ERR_OUT_OF_MEMORY, hal_mem_alloc(device_, &desc, &mem)));
  EXPECT_EQ(last_error().native_code, 207001);
  EXPECT_EQ(standin_calls_of("aclrtMalloc"), 1U) << "a failed call is not repeated";
  expect_only('a');
}

TEST_F(Family, ThatIsMisspelledIsAnErrorThatListsTheChoices) {
  choose("acl2");
  ASSERT_TRUE(ok(hal_shutdown()));
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  EXPECT_NE(select(), HAL_OK);
  EXPECT_NE(last_error().message.find("acl2"), std::string::npos) << last_error().message;
  EXPECT_NE(last_error().message.find("auto, acl or rt"), std::string::npos) << last_error().message;
}

class FamilyThatIsNotThere : public Family {};

TEST_F(FamilyThatIsNotThere, IsNotReplacedByTheOtherFamily) {
  choose("acl");
  ASSERT_TRUE(ok(hal_shutdown()));
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  EXPECT_TRUE(is(HAL_ERR_UNAVAILABLE, select()));
  EXPECT_NE(last_error().message.find("libascendcl.so"), std::string::npos) << last_error().message;
}

}  // namespace
}  // namespace hal::onboard::test
