// SPDX-License-Identifier: Apache-2.0
//
// The fixture of the worker tests: a worker on the backend that HAL_BACKEND names, with the test kernels loaded.
#ifndef HAL_TESTS_HOST_WORKER_TEST_HPP_
#define HAL_TESTS_HOST_WORKER_TEST_HPP_

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hal/chip_worker.hpp"

namespace hal::test {

inline constexpr std::uint32_t kCount = 1000;
inline const std::uint64_t kPage = std::max<std::uint64_t>(4096, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));

inline std::string kernel_path(const ChipWorker &worker) {
  return std::string(HAL_TEST_KERNEL_DIR) + "/" + worker.backend_info().name + "/host_test_kernels.so";
}

// Returns the failure of the body, or nullopt if it does not fail.
inline std::optional<ErrorInfo> failure_of(const std::function<void()> &body) {
  try {
    body();
  } catch (const Error &error) {
    return error.info();
  }
  return std::nullopt;
}

// Expects that the body fails with this status, and that the message or the hint contains the text.
inline void expect_failure(hal_status_t status, const std::string &text, const std::function<void()> &body) {
  const std::optional<ErrorInfo> info = failure_of(body);
  ASSERT_TRUE(info) << "did not fail";
  EXPECT_STREQ(hal_status_string(info->status), hal_status_string(status)) << info->message;
  EXPECT_NE((info->message + " | " + info->hint).find(text), std::string::npos)
      << "message: " << info->message << "\nhint: " << info->hint;
  EXPECT_FALSE(info->function.empty());
  EXPECT_FALSE(info->component.empty());
}

// Page-aligned memory of the test.
class Pages {
 public:
  explicit Pages(std::uint64_t size_bytes)
      : size_bytes_(size_bytes),
        start_(::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (start_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Pages() { ::munmap(start_, size_bytes_); }
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;
  void *data() const noexcept { return start_; }

 private:
  std::uint64_t size_bytes_;
  void *start_;
};

class WorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    worker_.init();
    binary_ = worker_.load(kernel_path(worker_));
  }

  // Whether kernels run in the host process. Kernel faults and endless loops would then end or hang the test.
  bool runs_in_host_process() const {
    return worker_.query(HAL_PROPERTY_DEVICE_PROCESS_ID) == static_cast<std::uint64_t>(::getpid());
  }

  Kernel kernel(const char *name) const { return binary_.kernel(name); }

  // Returns the free bytes of the device: device memory and memory for mappings.
  std::vector<std::uint64_t> free_bytes() const {
    return {worker_.query(HAL_PROPERTY_MEMORY_FREE_BYTES).value(),
            worker_.query(HAL_PROPERTY_MAPPED_FREE_BYTES).value()};
  }

  // Write and read a word in memory that a running kernel sees at once: the kernels `hold` and `converse` wait for it.
  static void tell(const SharedMemory &shared, std::size_t word, std::uint32_t value) {
    __atomic_store_n(static_cast<std::uint32_t *>(shared.host_ptr) + word, value, __ATOMIC_RELEASE);
  }
  static std::uint32_t hear(const SharedMemory &shared, std::size_t word) {
    return __atomic_load_n(static_cast<std::uint32_t *>(shared.host_ptr) + word, __ATOMIC_ACQUIRE);
  }

  ChipWorker worker_;
  KernelBinary binary_;
};

}  // namespace hal::test

#endif  // HAL_TESTS_HOST_WORKER_TEST_HPP_
