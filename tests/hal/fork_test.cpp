// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include "api_fixture.hpp"
#include "hal/share_mem.h"

namespace hal::test {
namespace {

class Fork : public FakeDevice {};

// Runs the check in a forked child. Returns 0 if it holds.
template <typename Check>
int in_child(Check &&check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(Fork, EveryCallInAChildIsRefusedWithAHint) {
  EXPECT_EQ(in_child([&] {
              std::uint32_t count = 0;
              void *host = nullptr;
              void *dev = nullptr;
              return hal_device_count(backend, &count) == HAL_ERR_FAILED_PRECONDITION &&
                     contains(last_hint(), "spawn start method of Python's multiprocessing") &&
                     hal_init(HAL_ABI_DRAFT) == HAL_ERR_FAILED_PRECONDITION &&
                     hal_shutdown() == HAL_ERR_FAILED_PRECONDITION &&
                     mallocHostDeviceShareMem(0, 64, &host, &dev) == HAL_ERR_FAILED_PRECONDITION &&
                     freeHostDeviceShareMem(0, backend) == HAL_ERR_FAILED_PRECONDITION &&
                     hal_device_close(device) == HAL_ERR_FAILED_PRECONDITION;
            }),
            0);
  std::uint32_t count = 0;
  EXPECT_EQ(hal_device_count(backend, &count), HAL_OK) << "libhal still works in the parent";
}

TEST_F(Fork, StatusNamesErrorsLogAndVersionStillWork) {
  EXPECT_EQ(in_child([&] {
              return hal_abi_draft() == HAL_ABI_DRAFT && hal_log_set_level(HAL_LOG_OFF) == HAL_OK &&
                     hal_log_set_callback(nullptr, nullptr) == HAL_OK &&
                     std::string(hal_status_string(HAL_ERR_BUSY)) == "BUSY";
            }),
            0);
}

TEST(ForkBeforeInit, AChildMayInitialiseLibhal) {
  EXPECT_EQ(in_child([] { return hal_init(HAL_ABI_DRAFT) == HAL_OK && hal_shutdown() == HAL_OK; }), 0);
}

}  // namespace
}  // namespace hal::test
