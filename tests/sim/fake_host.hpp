// SPDX-License-Identifier: Apache-2.0
//
// A core for tests: the host services, and a device opened through the table of operations.
#ifndef HAL_TESTS_SIM_FAKE_HOST_HPP_
#define HAL_TESTS_SIM_FAKE_HOST_HPP_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chips/a2a3.hpp"
#include "hal/hal_plugin.hpp"
#include "sim/host/plugin.hpp"

namespace hal::sim::test {

// The plugin's last error and log lines, and its options. The plugin may fail and log on several threads at once. A
// test reads these after the threads are done.
struct FakeHost {
  FakeHost();
  std::mutex mutex;  // of the members that the plugin sets
  std::map<std::string, std::string> options;
  hal_status_t status = HAL_OK;
  std::string message;
  std::vector<std::string> logs;
  std::optional<plugin::KernelFault> fault;  // of the last failure
  std::map<std::string, std::uint64_t> kill_at;
  std::string refused;  // the name of a file that check_trust refuses
  hal_host_v1_t services;
  hal_plugin_v1_t plugin = {};
};

// One simulated device.
class SimTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { close(); }
  void open();
  void close();
  hal_status_t load(const std::string &path);  // into executable_

  hal_pmem_t allocate(hal_mem_kind_t kind, std::uint64_t size_bytes, hal_pmem_info_v1_t &info,
                      const char *tag = nullptr);
  std::uint64_t property(hal_property_t key);
  hal_pkernel_t kernel(const char *name);
  // Launches with 64-bit words as arguments. For the backend they are addresses.
  std::uint64_t launch(const char *name, std::uint32_t blocks, std::vector<std::uint64_t> words,
                       std::uint64_t timeout_ns = UINT64_MAX);
  hal_status_t wait(std::uint64_t ticket, std::uint64_t timeout_ns = UINT64_MAX);

  FakeHost host_;
  const char *backend_ = "a2a3-sim";
  const chips::Chip *chip_ = &chips::kA2A3;
  std::string kernels_path_ = HAL_TEST_KERNELS;
  std::uint32_t ordinal_ = 0;
  const hal_plugin_ops_v1_t *ops_ = nullptr;
  hal_pdev_t device_ = nullptr;
  hal_pstream_t stream_ = nullptr;
  hal_pexec_t executable_ = nullptr;
};

}  // namespace hal::sim::test

#endif  // HAL_TESTS_SIM_FAKE_HOST_HPP_
