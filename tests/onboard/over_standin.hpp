// SPDX-License-Identifier: Apache-2.0
//
// The base of tests that run libhal and an onboard plugin over the stand-in for the vendor's runtime. Each test runs in
// its own process, started with --variant=… (of the stand-in) and --backend=….
#ifndef HAL_TESTS_ONBOARD_OVER_STANDIN_HPP_
#define HAL_TESTS_ONBOARD_OVER_STANDIN_HPP_

#include <gtest/gtest.h>
#include <standin.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hal/hal.h"

namespace hal::onboard::test {

inline constexpr std::uint64_t kPatienceNs = 20'000'000'000;

template <typename T>
T sized() {
  T value{};
  value.struct_size = sizeof(T);
  return value;
}

struct ErrorReport {
  hal_status_t status = HAL_OK;
  std::int64_t native_code = 0;
  std::string native_domain, function, message, hint;
  std::string kernel;
  std::uint64_t fault_addr = 0;
  std::uint32_t block = 0;
  hal_fault_flags_t fault_flags = 0;
};
// The details that the last failed call on this thread recorded.
ErrorReport last_error();
testing::AssertionResult ok(hal_status_t status);
testing::AssertionResult is(hal_status_t want, hal_status_t got);

// Path of a kernel object that was built for the backend of this process.
std::string kernel_object(const std::string &name);
std::vector<std::uint8_t> read_bytes(const std::string &path);

// Pages that the caller allocated.
class Pages {
 public:
  explicit Pages(std::size_t count);
  ~Pages();
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;
  std::uint8_t *data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  std::uint64_t size_;
  std::uint8_t *data_;
};
std::uint64_t page_bytes();

hal_mem_desc_t describe(hal_mem_kind_t kind, std::uint64_t size_bytes);
hal_mem_desc_t describe(const Pages &pages);

// A launch of one block with one argument. A test may change it before it submits it.
struct OneBlock {
  OneBlock(hal_kernel_t kernel, hal_mem_t mem);
  hal_status_t submit(std::uint64_t *ticket);

  hal_arg_t argument{};
  hal_launch_desc_t desc = sized<hal_launch_desc_t>();
};

// Collects the lines of libhal's log at WARN and above.
class LogOfThisProcess {
 public:
  LogOfThisProcess();
  ~LogOfThisProcess();
  LogOfThisProcess(const LogOfThisProcess &) = delete;
  LogOfThisProcess &operator=(const LogOfThisProcess &) = delete;
  bool has(const std::string &words) const;
  std::string all() const;
  void clear() { lines_.clear(); }

 private:
  std::vector<std::string> lines_;
};

// Starts libhal. At the end it shuts libhal down and checks that the stand-in saw no violation and that nothing is left
// in it.
class OverStandin : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  hal_status_t select();
  // Opens a device of the selected backend.
  hal_status_t open(std::uint32_t ordinal = 0);
  void close();
  hal_mem_t allocate(hal_mem_kind_t kind, std::uint64_t size_bytes);
  hal_mem_info_t info_of(hal_mem_t mem);
  // The codes that the calls of a function returned, in order.
  static std::vector<int> codes_of(const std::string &function);
  static std::string arguments_of_last(const std::string &function);
  // For violations that a test causes on purpose.
  static void forget_violations() { standin_violations_clear(); }

  hal_backend_t backend_ = nullptr;
  hal_device_t device_ = nullptr;
};

// With an open device.
class OpenCard : public OverStandin {
 protected:
  void SetUp() override;
  void TearDown() override;
  hal_kernel_t kernel(const char *name);
  // On the device's default stream.
  hal_status_t launch(hal_kernel_t kernel, hal_mem_t mem, std::uint64_t *ticket, std::uint64_t timeout_ns = 0);

  hal_stream_t stream_ = nullptr;  // the device's default stream
  hal_executable_t executable_ = nullptr;
};

}  // namespace hal::onboard::test

#endif  // HAL_TESTS_ONBOARD_OVER_STANDIN_HPP_
