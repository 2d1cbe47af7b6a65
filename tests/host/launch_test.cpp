// SPDX-License-Identifier: Apache-2.0
//
// Tests of run, submit and wait: directions, staging, mapped memory, loading, failures.
#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "worker_test.hpp"

namespace hal::test {
namespace {

TEST_F(WorkerTest, InIsCopiedInAndNeverWrittenBack) {
  const std::vector<float> data(kCount, 3.0f);
  std::vector<float> seen(kCount);
  worker_.run(kernel("look_then_overwrite"), {in(data), out(seen), scalar(kCount)});
  EXPECT_EQ(seen, std::vector<float>(kCount, 3.0f)) << "the kernel did not get the data";
  EXPECT_EQ(data, std::vector<float>(kCount, 3.0f)) << "IN data that the kernel overwrote were copied back";
}

TEST_F(WorkerTest, OutIsCopiedBackAndNeverCopiedIn) {
  const float secret = -1234.5f;
  std::vector<float> data(kCount, secret);
  std::vector<float> seen(kCount, 0.0f);
  worker_.run(kernel("look_then_overwrite"), {out(data), out(seen), scalar(kCount)});
  EXPECT_EQ(std::count(seen.begin(), seen.end(), secret), 0) << "the kernel got the host's OUT data";
  EXPECT_EQ(data, std::vector<float>(kCount, 99.0f));
}

TEST_F(WorkerTest, InOutIsCopiedInBothDirections) {
  std::vector<float> data(kCount, 3.0f);
  std::vector<float> seen(kCount);
  worker_.run(kernel("look_then_overwrite"), {inout(data), out(seen), scalar(kCount)}, {.block_count = 4});
  EXPECT_EQ(seen, std::vector<float>(kCount, 3.0f));
  EXPECT_EQ(data, std::vector<float>(kCount, 99.0f));
}

TEST_F(WorkerTest, StagedDataLeaveNothingOnTheDevice) {
  const auto before = free_bytes();
  std::vector<float> from(kCount, 1.0f), to(kCount);
  worker_.run(kernel("add_one_to"), {in(from), out(to), scalar(kCount)});
  EXPECT_EQ(to, std::vector<float>(kCount, 2.0f));
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(WorkerTest, TensorsMayBeGivenByPointerShapeAndType) {
  const float from[2][3] = {{1, 2, 3}, {4, 5, 6}};
  float to[2][3] = {};
  worker_.run(kernel("add_one_to"), {in(&from[0][0], {2, 3}), out(to, {2, 3}, HAL_DTYPE_F32), scalar(6u)});
  EXPECT_EQ(to[0][0], 2.0f);
  EXPECT_EQ(to[1][2], 7.0f);
}

TEST_F(WorkerTest, MappedMemoryIsPassedByItsMappedAddress) {
  const auto before = free_bytes();
  const SharedMemory shared = worker_.malloc_host_device_share_mem(2 * kPage);
  Pages pages(kPage);
  const hal_device_addr_t registered = worker_.register_host(pages.data(), kPage);
  std::uint64_t where = 0;
  auto *middle = static_cast<float *>(shared.host_ptr) + 100;
  for (const Argument &arg : {in(middle, {10}), inout(middle, {10}), out(middle, {10})}) {
    worker_.run(kernel("tell_address"), {arg, out(&where, {1})});
    EXPECT_EQ(where, shared.device_addr + 400);
  }
  worker_.run(kernel("tell_address"), {in(static_cast<const float *>(pages.data()), {10}), out(&where, {1})});
  EXPECT_EQ(where, registered);
  worker_.unregister_host(pages.data());
  worker_.free_host_device_share_mem(shared.host_ptr);
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(WorkerTest, HostAndKernelExchangeDataThroughMappedMemoryWhileTheKernelRuns) {
  const SharedMemory shared = worker_.malloc_host_device_share_mem(kPage);
  auto *words = static_cast<std::uint32_t *>(shared.host_ptr);
  const auto ticket = worker_.submit(kernel("converse"), {inout(words, {2})});
  expect_failure(HAL_ERR_TIMEOUT, "", [&] { worker_.wait(ticket, HAL_TIMEOUT_POLL); });
  tell(shared, 0, 1);
  while (hear(shared, 1) != 2) std::this_thread::yield();
  expect_failure(HAL_ERR_TIMEOUT, "", [&] { worker_.wait(ticket, HAL_TIMEOUT_POLL); });
  tell(shared, 0, 3);
  worker_.wait(ticket);
  worker_.wait(ticket);
}

TEST_F(WorkerTest, MappedTensorBeyondItsMemoryIsRefused) {
  const SharedMemory shared = worker_.malloc_host_device_share_mem(kPage);
  auto *x = static_cast<float *>(shared.host_ptr);
  expect_failure(HAL_ERR_OUT_OF_RANGE, "", [&] {
    worker_.run(kernel("add_in_place"), {inout(x + 1, {1024}), scalar(0u), scalar(0.0f)});
  });
}

TEST_F(WorkerTest, DeviceMemoryIsUsedInPlaceFromAnyAddressInIt) {
  const hal_device_addr_t addr = worker_.allocate(kCount * sizeof(float));
  std::vector<float> data(kCount, 1.0f);
  worker_.copy_to(addr, data.data(), kCount * sizeof(float));
  worker_.run(kernel("add_in_place"), {device(addr + 40, {5}, HAL_DTYPE_F32), scalar(5u), scalar(1.0f)});
  worker_.run(kernel("add_in_place"), {device_bytes(addr + 80, 20), scalar(5u), scalar(2.0f)});
  worker_.run(kernel("add_in_place"), {address(addr), scalar(1u), scalar(3.0f)});
  worker_.copy_from(data.data(), addr, kCount * sizeof(float));
  EXPECT_EQ(data[0], 4.0f);
  EXPECT_EQ(data[9], 1.0f);
  EXPECT_EQ(data[10], 2.0f);
  EXPECT_EQ(data[14], 2.0f);
  EXPECT_EQ(data[20], 3.0f);
  EXPECT_EQ(data[25], 1.0f);
}

TEST_F(WorkerTest, SubmittedWorkRunsInOrderAndOneWaitFreesTheStagingOfAllBeforeIt) {
  const auto before = free_bytes();
  const hal_device_addr_t sum = worker_.allocate(kCount * sizeof(float));
  const std::vector<float> zeros(kCount, 0.0f);
  worker_.copy_to(sum, zeros.data(), kCount * sizeof(float));
  std::vector<std::vector<float>> copies(20, std::vector<float>(kCount));
  std::vector<ChipWorker::Ticket> tickets;
  for (std::vector<float> &copy : copies) {
    tickets.push_back(worker_.submit(kernel("add_in_place"), {device(sum), scalar(kCount), scalar(1.0f)}));
    tickets.push_back(worker_.submit(kernel("add_one_to"), {device(sum), out(copy), scalar(kCount)}));
  }
  worker_.wait(tickets.back());
  for (std::size_t i = 0; i < copies.size(); ++i) {
    EXPECT_EQ(copies[i], std::vector<float>(kCount, static_cast<float>(i) + 2.0f)) << i;
  }
  worker_.release(sum);
  EXPECT_EQ(free_bytes(), before);
  for (const auto &ticket : tickets) worker_.wait(ticket, HAL_TIMEOUT_POLL);
}

TEST_F(WorkerTest, DataThatAnUnwaitedSubmitWritesAreRefusedAsInput) {
  std::vector<float> data(kCount, 1.0f);
  const auto ticket = worker_.submit(kernel("add_in_place"), {inout(data), scalar(kCount), scalar(1.0f)});
  const std::span<float> tail = std::span(data).last(1);
  expect_failure(HAL_ERR_BUSY, "has not been waited for", [&] {
    worker_.run(kernel("add_in_place"), {inout(tail), scalar(1u), scalar(1.0f)});
  });
  worker_.wait(ticket);
  worker_.run(kernel("add_in_place"), {inout(tail), scalar(1u), scalar(1.0f)});
  EXPECT_EQ(data.front(), 2.0f);
  EXPECT_EQ(data.back(), 3.0f);
}

TEST_F(WorkerTest, AWaitingThreadDoesNotBlockOthers) {
  const SharedMemory gate = worker_.malloc_host_device_share_mem(kPage);
  const auto ticket = worker_.submit(kernel("hold"), {device(gate.device_addr)});
  std::atomic<bool> waited = false;
  std::thread waiter([&] {
    worker_.wait(ticket);
    waited = true;
  });
  worker_.release(worker_.allocate(64));
  const auto second = worker_.submit(kernel("nothing"), {});
  EXPECT_FALSE(waited);
  tell(gate, 0, 1);
  waiter.join();
  worker_.wait(second);
}

int interruptions_left = 0;
bool interrupt() { return interruptions_left > 0 && --interruptions_left == 0; }

TEST_F(WorkerTest, InterruptedWaitsLeaveTheWorkRunning) {
  const SharedMemory gate = worker_.malloc_host_device_share_mem(kPage);
  const hal_device_addr_t memory = worker_.allocate(kPage);
  std::vector<std::uint32_t> words(4, 7);
  worker_.set_interrupted(interrupt);
  const auto expect_interrupted = [](const std::function<void()> &body) {
    interruptions_left = 2;
    const std::optional<ErrorInfo> failure = failure_of(body);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->status, HAL_ERR_CANCELLED) << failure->message;
    EXPECT_EQ(failure->component, "chip_worker");
    EXPECT_EQ(interruptions_left, 0);
  };
  expect_interrupted([&] { worker_.run(kernel("hold"), {device(gate.device_addr), inout(words)}); });
  expect_interrupted([&] { worker_.copy_to(memory, words.data(), 16); });
  expect_interrupted([&] { worker_.copy_from(words.data(), memory, 16); });
  const auto ticket = worker_.submit(kernel("nothing"), {});
  expect_interrupted([&] { worker_.wait(ticket); });
  expect_failure(HAL_ERR_TIMEOUT, "", [&] { worker_.wait(ticket, 1'000'000); });
  expect_interrupted([&] { worker_.finalize(); });
  EXPECT_TRUE(worker_.query(HAL_PROPERTY_MEMORY_FREE_BYTES)) << "it is still initialised";
  tell(gate, 0, 1);
  worker_.wait(ticket);
  EXPECT_EQ(words[3], 7u);
  worker_.finalize();
  expect_failure(HAL_ERR_FAILED_PRECONDITION, "", [&] { worker_.check(); });
}

TEST_F(WorkerTest, SeveralThreadsRunOnOneWorker) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      const auto start = static_cast<float>(t);
      std::vector<float> data(kCount, start);
      for (int i = 0; i < 50; ++i) worker_.run(kernel("add_in_place"), {inout(data), scalar(kCount), scalar(1.0f)});
      EXPECT_EQ(data, std::vector<float>(kCount, start + 50.0f));
    });
  }
  for (std::thread &thread : threads) thread.join();
}

TEST_F(WorkerTest, TicketsOfOthersAreRefused) {
  ChipWorker other;
  other.init();
  const auto ticket = other.submit(other.load(kernel_path(other)).kernel("nothing"), {});
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not from this worker", [&] { worker_.wait(ticket); });
  other.wait(ticket);
  other.finalize();
  other.init();
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not from this worker", [&] { other.wait(ticket); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not from this worker", [&] { worker_.wait({}); });
}

TEST_F(WorkerTest, WrongArgumentsAreRefusedByTheirPlaceAndLeaveNothing) {
  const auto before = free_bytes();
  std::vector<float> data(kCount);
  const auto refused = [&](const std::string &text, const Argument &arg) {
    SCOPED_TRACE(text);
    expect_failure(HAL_ERR_INVALID_ARGUMENT, text, [&] { worker_.run(kernel("nothing"), {inout(data), arg}); });
    EXPECT_EQ(free_bytes(), before);
  };
  refused("argument 1 is a null pointer", in(static_cast<const float *>(nullptr), {4}));
  refused("argument 1 has 0 dimensions", in(data.data(), {}));
  refused("argument 1 has 6 dimensions", in(data.data(), {1, 1, 1, 1, 1, 1}));
  refused("argument 1 has a dimension of 0", in(data.data(), {4, 0}));
  refused("argument 1 has a dimension of 4294967296", in(data.data(), {std::uint64_t{1} << 32}));
  refused("2^64", in(data.data(), {UINT32_MAX, UINT32_MAX, UINT32_MAX}));
  refused("unknown element type 77", in(data.data(), {4}, 77));
  refused("argument 1 is the device address 0x40", device(0x40));
  const std::vector<Argument> many(49, Argument(scalar(1u)));
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "49 arguments", [&] { worker_.run(kernel("nothing"), many); });
}

TEST_F(WorkerTest, FailingRunLeavesNoStaging) {
  const auto before = free_bytes();
  std::vector<float> data(kCount, 1.0f), huge(1);
  const std::uint64_t too_much = worker_.query(HAL_PROPERTY_MEMORY_TOTAL_BYTES).value();
  expect_failure(HAL_ERR_OUT_OF_MEMORY, "", [&] {
    worker_.run(kernel("nothing"), {inout(data), in(huge.data(), {too_much >> 20, 1 << 20, 2}, HAL_DTYPE_I64)});
  });
  EXPECT_EQ(free_bytes(), before);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] {
    worker_.run(kernel("add_in_place"), {inout(data), scalar(kCount), scalar(1.0f)}, {.block_count = 0});
  });
  EXPECT_EQ(free_bytes(), before) << "the launch was refused after the copies in";
  EXPECT_EQ(data, std::vector<float>(kCount, 1.0f));
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.run(Kernel(), {inout(data)}); });
  EXPECT_EQ(free_bytes(), before);
  worker_.run(kernel("add_in_place"), {inout(data), scalar(kCount), scalar(1.0f)});
  EXPECT_EQ(data, std::vector<float>(kCount, 2.0f)) << "the worker stays usable";
}

TEST_F(WorkerTest, KernelFaultIsThrownByEveryWait) {
  if (runs_in_host_process()) GTEST_SKIP() << "needs a device process";
  const auto ticket = worker_.submit(kernel("crash"), {address(8)});
  for (int i = 0; i < 2; ++i) {
    expect_failure(HAL_ERR_KERNEL_FAULT, "crash", [&] { worker_.wait(ticket); });
  }
}

TEST_F(WorkerTest, KernelFaultIsThrownWhenCopiesFollowTheLaunch) {
  if (runs_in_host_process()) GTEST_SKIP() << "needs a device process";
  std::vector<float> data(kCount, 1.0f);
  expect_failure(HAL_ERR_KERNEL_FAULT, "crash", [&] {
    worker_.wait(worker_.submit(kernel("crash"), {address(8), inout(data)}));
  });
}

TEST_F(WorkerTest, KernelFaultHasItsDataWhenCopiesFollowTheLaunch) {
  if (runs_in_host_process()) GTEST_SKIP() << "needs a device process";
  std::vector<float> data(kCount, 1.0f);
  const auto ticket = worker_.submit(kernel("crash"), {address(0x1238), inout(data)});
  const std::optional<ErrorInfo> fault = failure_of([&] { worker_.wait(ticket); });
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kernel, "crash");
  EXPECT_EQ(fault->fault_addr, 0x1238u);
  EXPECT_EQ(fault->block, 0u);
  EXPECT_EQ(fault->fault_flags & (HAL_FAULT_HAS_BLOCK | HAL_FAULT_HAS_ADDR), HAL_FAULT_HAS_BLOCK | HAL_FAULT_HAS_ADDR);
  EXPECT_EQ(fault->fault_flags & HAL_FAULT_READ, 0u) << "the kernel writes";
  const std::optional<ErrorInfo> lost = failure_of([&] { worker_.allocate(64); });
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->status, HAL_ERR_DEVICE_LOST);
  EXPECT_EQ(lost->kernel, "");
  EXPECT_EQ(lost->fault_addr, 0u);
  EXPECT_EQ(lost->fault_flags, 0u);
}

TEST_F(WorkerTest, EndlessKernelEndsAtItsTimeLimit) {
  if (runs_in_host_process()) GTEST_SKIP() << "needs a device process";
  const SharedMemory gate = worker_.malloc_host_device_share_mem(kPage);
  const std::optional<ErrorInfo> failure =
      failure_of([&] { worker_.run(kernel("hold"), {device(gate.device_addr)}, {.timeout_ns = 20'000'000}); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->status, HAL_ERR_KERNEL_TIMEOUT) << failure->message;
  EXPECT_EQ(failure->kernel, "hold");
  EXPECT_EQ(failure->fault_flags, 0u) << "neither block nor address is known";
}

TEST_F(WorkerTest, MappedMemoryIsRefusedForAnEngineThatCannotReachIt) {
  const SharedMemory shared = worker_.malloc_host_device_share_mem(kPage);
  expect_failure(HAL_ERR_UNSUPPORTED, "",
                 [&] { worker_.run(kernel("nothing"), {device(shared.device_addr)}, {.engine = HAL_ENGINE_AICPU}); });
}

TEST_F(WorkerTest, MissingKernelsAndFilesAreNotFound) {
  expect_failure(HAL_ERR_NOT_FOUND, "no_such_kernel", [&] { binary_.kernel("no_such_kernel"); });
  expect_failure(HAL_ERR_NOT_FOUND, "kernel_entry", [&] { binary_.kernel(); });
  expect_failure(HAL_ERR_NOT_FOUND, "/no/such/file.so", [&] { worker_.load("/no/such/file.so"); });
}

TEST_F(WorkerTest, ObjectsLoadFromBytesAndOtherBytesAreRefused) {
  std::ifstream file(kernel_path(worker_), std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const KernelBinary binary = worker_.load(std::as_bytes(std::span(bytes)));
  worker_.run(binary.kernel("nothing"), {});
  const char other_bytes[] = "this is not a kernel object";
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.load(std::as_bytes(std::span(other_bytes))); });
}

TEST_F(WorkerTest, UnloadedBinariesAreRefused) {
  const KernelBinary binary = worker_.load(kernel_path(worker_));
  const Kernel nothing = binary.kernel("nothing");
  worker_.unload(binary);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { binary.kernel("nothing"); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.run(nothing, {}); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not loaded", [&] { worker_.unload(binary); });
}

TEST_F(WorkerTest, ObjectOfTheOtherBackendIsRefusedByName) {
  const std::string mine = worker_.backend_info().name;
  const std::string other = mine == "a5-sim" ? "a2a3-sim" : "a5-sim";
  expect_failure(HAL_ERR_INVALID_ARGUMENT, other,
                 [&] { worker_.load(std::string(HAL_TEST_KERNEL_DIR) + "/" + other + "/host_test_kernels.so"); });
}

}  // namespace
}  // namespace hal::test
