// SPDX-License-Identifier: Apache-2.0
//
// Mapped host memory: the set of the vendor's calls for each release, each with its own number for "mapped"; what a
// driver refuses or cannot report; limits of this system.
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "over_standin.hpp"

namespace hal::onboard::test {
namespace {

using MappedMemory = OpenCard;

// The last argument of a list such as "…, 0x…, 2".
std::string last_of(const std::string &arguments) { return arguments.substr(arguments.rfind(' ') + 1); }

class SecondSet : public MappedMemory {};

TEST_F(SecondSet, IsUsedCompletelyIfTheReleaseHasIt) {
  const hal_mem_t mem = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
  EXPECT_EQ(last_of(arguments_of_last("aclrtHostRegisterV2")), "2") << "mapped";
  EXPECT_EQ(last_of(arguments_of_last("aclrtHostGetDevicePointer")), "0");
  EXPECT_NE(info_of(mem).device_addr, reinterpret_cast<std::uint64_t>(info_of(mem).host_ptr));
  EXPECT_TRUE(ok(hal_mem_free(mem)));
  EXPECT_GT(standin_calls_of("aclrtHostUnregister"), 0U);
  EXPECT_EQ(standin_calls_of("aclrtHostRegister"), 0U);
}

// The registration succeeds, but the address is null. Releases 8.5 and 9.0 return that for an unknown pointer.
TEST_F(SecondSet, WithoutAnAddressIsAFailureThatLeavesNothingRegistered) {
  EXPECT_TRUE(ok(hal_mem_free(allocate(HAL_MEM_HOST_MAPPED, page_bytes()))));  // this includes the device's trial
  standin_fail("aclrtHostGetDevicePointer", 1, 0);
  const hal_mem_desc_t desc = describe(HAL_MEM_HOST_MAPPED, page_bytes());
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(is(HAL_ERR_INTERNAL, hal_mem_alloc(device_, &desc, &mem)));
  EXPECT_NE(last_error().message.find("aclrtHostGetDevicePointer"), std::string::npos) << last_error().message;
  EXPECT_EQ(mem, nullptr);
  standin_live_t live;
  standin_live(&live);
  EXPECT_EQ(live.registrations, 0U);
  EXPECT_EQ(live.host_allocations, 0U);
}

TEST_F(SecondSet, ThatFailsIsNotReplacedByTheFirst) {
  EXPECT_TRUE(ok(hal_mem_free(allocate(HAL_MEM_HOST_MAPPED, page_bytes()))));
  standin_fail("aclrtHostRegisterV2", 1, 507910);
  const hal_mem_desc_t desc = describe(HAL_MEM_HOST_MAPPED, page_bytes());
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(is(HAL_ERR_ALREADY_EXISTS, hal_mem_alloc(device_, &desc, &mem)));
  EXPECT_EQ(last_error().native_code, 507910);
  EXPECT_EQ(standin_calls_of("aclrtHostRegister"), 0U);
}

class FirstSet : public MappedMemory {};

TEST_F(FirstSet, HasFourParametersAndReturnsTheAddressItself) {
  const hal_mem_t mem = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
  standin_call_t call;
  std::string arguments = arguments_of_last("aclrtHostRegister");
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), ','), 3) << arguments;
  const std::string type = arguments.substr(0, arguments.rfind(','));
  EXPECT_EQ(last_of(type), "0") << "mapped";
  EXPECT_NE(info_of(mem).device_addr, 0U);
  EXPECT_TRUE(ok(hal_mem_free(mem)));
  for (std::size_t i = 0; standin_call(i, &call) == 0; ++i) EXPECT_STRNE(call.function, "aclrtHostRegisterV2");
}

TEST_F(FirstSet, WithoutAnAddressIsAFailure) {
  EXPECT_TRUE(ok(hal_mem_free(allocate(HAL_MEM_HOST_MAPPED, page_bytes()))));
  standin_fail("aclrtHostRegister", 1, 0);
  const hal_mem_desc_t desc = describe(HAL_MEM_HOST_MAPPED, page_bytes());
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(is(HAL_ERR_INTERNAL, hal_mem_alloc(device_, &desc, &mem)));
  EXPECT_EQ(mem, nullptr);
}

class Registration : public OverStandin {
 protected:
  // Configures the stand-in, then opens the device.
  void open_as(const char *key, const char *value) {
    ASSERT_EQ(standin_set(key, value), 0);
    ASSERT_TRUE(ok(select()));
    ASSERT_TRUE(ok(open()));
  }
  hal_mem_caps_t ask(hal_mem_kind_t kind) {
    const hal_mem_desc_t desc = describe(kind, page_bytes());
    auto caps = sized<hal_mem_caps_t>();
    EXPECT_TRUE(ok(hal_mem_query(device_, &desc, &caps)));
    return caps;
  }
};

TEST_F(Registration, ThatTheDriverNeverAcceptsIsUnsupportedByQueryAndAllocation) {
  open_as("REGISTER", "unsupported");
  EXPECT_EQ(ask(HAL_MEM_HOST_MAPPED).verdict, HAL_ERR_UNSUPPORTED);
  const hal_mem_desc_t desc = describe(HAL_MEM_HOST_MAPPED, page_bytes());
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(is(HAL_ERR_UNSUPPORTED, hal_mem_alloc(device_, &desc, &mem)));
  EXPECT_EQ(last_error().native_code, 207000);
  EXPECT_EQ(ask(HAL_MEM_DEVICE).verdict, HAL_OK) << "other kinds still work";
}

TEST_F(Registration, ReachesTheEnginesThatTheDriverNames) {
  open_as("CAPABILITIES", "aic");
  const hal_mem_caps_t caps = ask(HAL_MEM_HOST_MAPPED);
  EXPECT_EQ(caps.can_reach, HAL_ENGINE_HOST | HAL_ENGINE_AIC);
  EXPECT_EQ(caps.reach_unknown, 0U);
}

TEST_F(Registration, HasUnknownReachIfTheDriverCannotReportIt) {
  open_as("CAPABILITIES", "unknown");
  const hal_mem_caps_t caps = ask(HAL_MEM_HOST_MAPPED);
  EXPECT_EQ(caps.can_reach, HAL_ENGINE_HOST);
  EXPECT_EQ(caps.reach_unknown & (HAL_ENGINE_AIC | HAL_ENGINE_AIV), HAL_ENGINE_AIC | HAL_ENGINE_AIV);
}

// With this capability the process has no limit of locked memory.
void drop_capability_ipc_lock() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  ASSERT_EQ(syscall(SYS_capget, &header, data), 0);
  data[0].effective &= ~(1U << CAP_IPC_LOCK);
  ASSERT_EQ(syscall(SYS_capset, &header, data), 0);
}

TEST_F(Registration, BeyondTheLockLimitIsRefusedBeforeTheDriverIsCalled) {
  drop_capability_ipc_lock();
  const struct rlimit limit = {page_bytes(), page_bytes()};
  ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
  open_as("REGISTER", "ok");
  const Pages pages(2);
  const hal_mem_desc_t desc = describe(pages);
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(is(HAL_ERR_OUT_OF_MEMORY, hal_mem_register(device_, &desc, &mem)));
  EXPECT_NE(last_error().message.find(std::to_string(page_bytes())), std::string::npos) << last_error().message;
  EXPECT_NE(last_error().hint.find("ulimit -l"), std::string::npos) << last_error().hint;
}

}  // namespace
}  // namespace hal::onboard::test
