// SPDX-License-Identifier: Apache-2.0
//
// Tests of init and finalize, of every method outside of them, of two workers, and of exceptions.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "hal/share_mem.h"
#include "worker_test.hpp"

namespace hal::test {
namespace {

using Method = std::pair<const char *, std::function<void(ChipWorker &)>>;

// Every method that needs an initialised worker.
std::vector<Method> methods() {
  static std::uint32_t word = 0;
  return {
      {"allocate", [](ChipWorker &w) { w.allocate(64); }},
      {"release", [](ChipWorker &w) { w.release(64); }},
      {"copy_to", [](ChipWorker &w) { w.copy_to(64, &word, 4); }},
      {"copy_from", [](ChipWorker &w) { w.copy_from(&word, 64, 4); }},
      {"malloc_host_device_share_mem", [](ChipWorker &w) { w.malloc_host_device_share_mem(kPage); }},
      {"free_host_device_share_mem", [](ChipWorker &w) { w.free_host_device_share_mem(&word); }},
      {"register_host", [](ChipWorker &w) { w.register_host(&word, kPage); }},
      {"unregister_host", [](ChipWorker &w) { w.unregister_host(&word); }},
      {"load", [](ChipWorker &w) { w.load("any.so"); }},
      {"load", [](ChipWorker &w) { w.load(std::span<const std::byte>()); }},
      {"unload", [](ChipWorker &w) { w.unload(KernelBinary()); }},
      {"run", [](ChipWorker &w) { w.run(Kernel(), {}); }},
      {"submit", [](ChipWorker &w) { (void)w.submit(Kernel(), {}); }},
      {"wait", [](ChipWorker &w) { w.wait({}); }},
      {"backend_info", [](ChipWorker &w) { w.backend_info(); }},
      {"device_info", [](ChipWorker &w) { w.device_info(); }},
      {"query", [](ChipWorker &w) { w.query(HAL_PROPERTY_AIV_CORES); }},
      {"device", [](ChipWorker &w) { w.device(); }},
  };
}

void expect_every_method_refused(ChipWorker &worker, const std::string &why) {
  for (const auto &[name, call] : methods()) {
    SCOPED_TRACE(name);
    expect_failure(HAL_ERR_FAILED_PRECONDITION, why, [&call = call, &worker] { call(worker); });
    const auto info = failure_of([&call = call, &worker] { call(worker); });
    EXPECT_EQ(info->function, std::string("ChipWorker::") + name);
    EXPECT_EQ(info->component, "chip_worker");
    EXPECT_EQ(info->hint, "call init() first");
  }
}

TEST(WorkerLifecycle, EveryMethodBeforeInitSaysSo) {
  ChipWorker worker;
  expect_every_method_refused(worker, "not initialised");
}

TEST(WorkerLifecycle, EveryMethodAfterFinalizeSaysSo) {
  ChipWorker worker;
  worker.init();
  worker.finalize();
  expect_every_method_refused(worker, "has been finalized");
}

TEST(WorkerLifecycle, FinalizeWithoutInitAndTwiceDoesNothing) {
  ChipWorker worker;
  worker.finalize();
  worker.init();
  worker.finalize();
  worker.finalize();
}

TEST(WorkerLifecycle, SecondInitIsRefusedAndLeavesTheWorkerAsItWas) {
  ChipWorker worker;
  worker.init();
  expect_failure(HAL_ERR_FAILED_PRECONDITION, "initialised already", [&] { worker.init(); });
  EXPECT_NE(worker.allocate(64), 0u);
}

TEST(WorkerLifecycle, InitAfterFinalizeStartsAgain) {
  ChipWorker worker;
  for (int round = 0; round < 3; ++round) {
    worker.init();
    const hal_device_addr_t addr = worker.allocate(64);
    EXPECT_NE(addr, 0u);
    worker.finalize();
  }
}

TEST(WorkerLifecycle, InitTakesBackendAndOrdinalFromItsArguments) {
  const std::string backend = std::getenv("HAL_BACKEND");
  ASSERT_EQ(::setenv("HAL_BACKEND", "none-such", 1), 0);
  ChipWorker worker;
  worker.init(backend, 1);
  EXPECT_EQ(worker.backend_info().name, backend);
  EXPECT_EQ(worker.device_info().ordinal, 1u);
  worker.finalize();
  worker.init(backend + ":1");
  EXPECT_EQ(worker.device_info().ordinal, 1u);
  ASSERT_EQ(::setenv("HAL_BACKEND", backend.c_str(), 1), 0);
}

TEST(WorkerLifecycle, FailedInitLeavesAWorkerThatCanBeInitialised) {
  ChipWorker worker;
  expect_failure(HAL_ERR_NOT_FOUND, "none-such", [&] { worker.init("none-such"); });
  expect_failure(HAL_ERR_NOT_FOUND, "99999", [&] { worker.init({}, 99999); });
  expect_failure(HAL_ERR_FAILED_PRECONDITION, "not initialised", [&] { worker.allocate(64); });
  worker.init();
  EXPECT_NE(worker.allocate(64), 0u);
  worker.finalize();
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "a failed init kept libhal started";
}

TEST(WorkerLifecycle, DestructorFinalizes) {
  {
    ChipWorker worker;
    worker.init();
    worker.allocate(1 << 20);
    worker.malloc_host_device_share_mem(kPage);
  }
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "the destructor left libhal started";
}

TEST(WorkerLifecycle, ForkedChildGetsAnErrorAndItsCopyOfTheWorkerEndsSilently) {
  auto worker = std::make_unique<ChipWorker>();
  worker->init();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto finalize = failure_of([&] { worker->finalize(); });
    const auto allocate = failure_of([&] { worker->allocate(64); });
    worker.reset();
    ::_exit(finalize && allocate && finalize->status == HAL_ERR_FAILED_PRECONDITION &&
                    allocate->status == HAL_ERR_FAILED_PRECONDITION
                ? 0
                : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_NE(worker->allocate(64), 0u) << "the parent's worker was harmed";
}

class TwoWorkers : public WorkerTest {
 protected:
  void SetUp() override {
    WorkerTest::SetUp();
    other_.init();
  }
  ChipWorker other_;
};

TEST_F(TwoWorkers, ShareTheDevice) { EXPECT_EQ(worker_.device(), other_.device()); }

TEST_F(TwoWorkers, SeeEachOthersMemoryInCopiesAndLaunches) {
  const hal_device_addr_t addr = other_.allocate(kCount * sizeof(float));
  std::vector<float> data(kCount, 5.0f);
  worker_.copy_to(addr, data.data(), kCount * sizeof(float));
  worker_.run(kernel("add_in_place"), {device(addr), scalar(kCount), scalar(2.0f)});
  std::vector<float> back(kCount);
  worker_.copy_from(back.data(), addr, kCount * sizeof(float));
  EXPECT_EQ(back, std::vector<float>(kCount, 7.0f));
}

TEST_F(TwoWorkers, MapForEachOther) {
  const SharedMemory shared = other_.malloc_host_device_share_mem(kPage);
  auto *x = static_cast<float *>(shared.host_ptr);
  x[0] = 1.0f;
  worker_.run(kernel("add_in_place"), {inout(x, {1}), scalar(1u), scalar(2.0f)});
  EXPECT_EQ(x[0], 3.0f);
}

TEST_F(TwoWorkers, FreeOnlyWhatTheyMade) {
  const hal_device_addr_t addr = other_.allocate(64);
  const SharedMemory shared = other_.malloc_host_device_share_mem(kPage);
  Pages pages(kPage);
  other_.register_host(pages.data(), kPage);
  const char *why = "did not make";
  expect_failure(HAL_ERR_INVALID_ARGUMENT, why, [&] { worker_.release(addr); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, why, [&] { worker_.free_host_device_share_mem(shared.host_ptr); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, why, [&] { worker_.unregister_host(pages.data()); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not loaded by this worker", [&] { other_.unload(binary_); });
  other_.unregister_host(pages.data());
  other_.free_host_device_share_mem(shared.host_ptr);
  other_.release(addr);
}

TEST_F(TwoWorkers, FinalizeOfOneKeepsTheMemoryOfTheOther) {
  const hal_device_addr_t mine = worker_.allocate(64);
  const hal_device_addr_t theirs = other_.allocate(64);
  other_.finalize();
  const std::uint32_t word = 7;
  worker_.copy_to(mine, &word, sizeof(word));
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not in memory of device",
                 [&] { worker_.copy_to(theirs, &word, sizeof(word)); });
}

TEST_F(TwoWorkers, FinalizeWaitsForTheOthersLaunchThatUsesItsMemory) {
  const SharedMemory gate = other_.malloc_host_device_share_mem(kPage);
  const SharedMemory freed_before = other_.malloc_host_device_share_mem(kPage);
  const auto ticket = worker_.submit(kernel("converse"), {device(gate.device_addr)});
  tell(gate, 0, 1);
  while (hear(gate, 1) != 2) std::this_thread::yield();
  std::thread finisher([&] { other_.finalize(); });
  const auto is_there = [&] {
    auto info = hal_mem_info_t{};
    info.struct_size = sizeof(info);
    check(hal_mem_lookup_host(worker_.device(), freed_before.host_ptr, &info));
    return info.kind != HAL_MEM_UNKNOWN;
  };
  while (is_there()) std::this_thread::yield();  // then finalize() is at the gate, which the kernel still uses
  tell(gate, 0, 3);
  finisher.join();
  worker_.wait(ticket);
}

TEST_F(WorkerTest, MemoryOfThePairIsMappedForTheWorkerButNotOwnedByIt) {
  void *host = nullptr;
  void *mapped = nullptr;
  ASSERT_EQ(mallocHostDeviceShareMem(worker_.device_info().ordinal, kPage, &host, &mapped), 0);
  auto *x = static_cast<float *>(host);
  x[0] = 1.0f;
  worker_.run(kernel("add_in_place"), {inout(x, {1}), scalar(1u), scalar(2.0f)});
  EXPECT_EQ(x[0], 3.0f);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "did not make", [&] { worker_.free_host_device_share_mem(host); });
  EXPECT_EQ(freeHostDeviceShareMem(worker_.device_info().ordinal, host), 0);
}

TEST_F(WorkerTest, FinalizeWaitsForWorkInFlightAndFreesEverything) {
  const SharedMemory gate = worker_.malloc_host_device_share_mem(kPage);
  std::vector<float> data(kCount, 1.0f);
  worker_.allocate(4096);
  Pages pages(kPage);
  worker_.register_host(pages.data(), kPage);
  (void)worker_.submit(kernel("hold"), {device(gate.device_addr)});
  (void)worker_.submit(kernel("add_in_place"), {inout(data), scalar(kCount), scalar(1.0f)});
  std::thread opener([&] { tell(gate, 0, 1); });
  worker_.finalize();
  opener.join();
  EXPECT_EQ(data, std::vector<float>(kCount, 2.0f)) << "finalize did not wait for the copy back";
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "finalize left libhal started";
}

TEST_F(WorkerTest, FinalizeContinuesAfterAFailureAndThrowsIt) {
  {
    Pages pages(kPage);
    worker_.register_host(pages.data(), kPage);
  }
  worker_.allocate(64);
  expect_failure(HAL_ERR_FAILED_PRECONDITION, "", [&] { worker_.finalize(); });
  worker_.finalize();
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "the failure kept finalize from ending";
}

TEST_F(WorkerTest, FinalizeSucceedsAfterTheDeviceIsLostAndInitBringsItBack) {
  if (runs_in_host_process()) GTEST_SKIP() << "needs a device process";
  worker_.allocate(64);
  worker_.malloc_host_device_share_mem(kPage);
  expect_failure(HAL_ERR_KERNEL_FAULT, "crash", [&] { worker_.run(kernel("crash"), {address(8)}); });
  expect_failure(HAL_ERR_DEVICE_LOST, "", [&] { worker_.allocate(64); });
  worker_.finalize();
  worker_.init();
  worker_.run(worker_.load(kernel_path(worker_)).kernel("nothing"), {});
}

TEST_F(WorkerTest, FinalizeSucceedsAfterAnotherUserHasResetTheDevice) {
  worker_.allocate(64);
  ASSERT_EQ(hal_device_reset(worker_.device()), HAL_OK);
  worker_.finalize();
}

TEST_F(WorkerTest, ExceptionsHaveTheDetailsOfTheFailure) {
  try {
    worker_.allocate(std::uint64_t{1} << 63);
    FAIL() << "did not fail";
  } catch (const Error &error) {
    EXPECT_EQ(error.status(), HAL_ERR_OUT_OF_MEMORY);
    EXPECT_EQ(error.info().function, "hal_mem_alloc");
    EXPECT_FALSE(error.info().message.empty());
    EXPECT_FALSE(error.info().hint.empty());
    const std::string what = error.what();
    EXPECT_EQ(what.rfind("OUT_OF_MEMORY in hal_mem_alloc (", 0), 0u) << what;
    EXPECT_NE(what.find(error.info().message), std::string::npos);
    EXPECT_NE(what.find("\nhint: " + error.info().hint), std::string::npos);
    const Error copy = error;
    EXPECT_STREQ(copy.what(), error.what());
    EXPECT_EQ(&copy.info(), &error.info());
  }
}

}  // namespace
}  // namespace hal::test
