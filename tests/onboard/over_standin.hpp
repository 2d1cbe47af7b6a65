// SPDX-License-Identifier: Apache-2.0
//
// libhal with an onboard plugin over the stand-in for the vendor's runtime: what tests of the whole stand on. Each test
// is a process of its own, called with --variant=… (of the stand-in) and --backend=….
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

struct Story {
  hal_status_t status = HAL_OK;
  std::int64_t native_code = 0;
  std::string native_domain, function, message, hint;
  std::string kernel;
  std::uint64_t fault_addr = 0;
  std::uint32_t block = 0;
  hal_fault_flags_t fault_flags = 0;
};
// What this thread's last failing call left.
Story last_story();
testing::AssertionResult ok(hal_status_t status);
testing::AssertionResult is(hal_status_t want, hal_status_t got);

// Path of one of the kernel objects that are built for the backend of this process.
std::string kernel_object(const std::string &name);
std::vector<std::uint8_t> read_bytes(const std::string &path);

// Pages of the caller's own.
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

// A launch of one block with one argument, which may be changed before it is submitted.
struct OneBlock {
  OneBlock(hal_kernel_t kernel, hal_mem_t mem);
  hal_status_t submit(std::uint64_t *ticket);

  hal_arg_t argument{};
  hal_launch_desc_t desc = sized<hal_launch_desc_t>();
};

// Lines of libhal's log while it lives, from WARN on.
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

// Nothing is done yet. At the end, libhal is shut down and the stand-in has seen no violation and has nothing left.
class OverStandin : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  hal_status_t select();
  // Of the selected backend.
  hal_status_t open(std::uint32_t ordinal = 0);
  void close();
  hal_mem_t allocate(hal_mem_kind_t kind, std::uint64_t size_bytes);
  hal_mem_info_t info_of(hal_mem_t mem);
  // The codes of the calls of a function, in order.
  static std::vector<int> codes_of(const std::string &function);
  static std::string arguments_of_last(const std::string &function);
  // A violation that a test provokes on purpose.
  static void forget_violations() { standin_violations_clear(); }

  hal_backend_t backend_ = nullptr;
  hal_device_t device_ = nullptr;
};

// The device is open.
class OpenCard : public OverStandin {
 protected:
  void SetUp() override;
  void TearDown() override;
  hal_kernel_t kernel(const char *name);
  // On the device's own stream.
  hal_status_t launch(hal_kernel_t kernel, hal_mem_t mem, std::uint64_t *ticket, std::uint64_t timeout_ns = 0);

  hal_stream_t stream_ = nullptr;  // the device's own
  hal_executable_t executable_ = nullptr;
};

}  // namespace hal::onboard::test

#endif  // HAL_TESTS_ONBOARD_OVER_STANDIN_HPP_
