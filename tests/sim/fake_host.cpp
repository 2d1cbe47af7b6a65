// SPDX-License-Identifier: Apache-2.0
#include "fake_host.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace hal::sim::test {
namespace {

FakeHost &self(void *ctx) { return *static_cast<FakeHost *>(ctx); }

int32_t log_enabled(void *, hal_log_level_t level) { return level >= HAL_LOG_WARN ? 1 : 0; }
void log(void *ctx, hal_log_level_t, const char *text, std::uint64_t size) {
  const std::lock_guard lock(self(ctx).mutex);
  self(ctx).logs.emplace_back(text, size);
}

void set_error(void *ctx, hal_status_t status, std::int64_t, const char *, const char *message, const char *) {
  const std::lock_guard lock(self(ctx).mutex);
  self(ctx).status = status;
  self(ctx).message = message;
  self(ctx).fault.reset();
}

void set_kernel_fault(void *ctx, const hal_kernel_fault_v1_t *reported) {
  EXPECT_EQ(reported->struct_size, sizeof *reported);
  EXPECT_EQ(reported->reserved0, 0u);
  plugin::KernelFault fault;
  fault.kernel = reported->kernel;
  if ((reported->fault_flags & HAL_FAULT_HAS_BLOCK) != 0) fault.block = reported->block;
  if ((reported->fault_flags & HAL_FAULT_HAS_ADDR) != 0) fault.address = reported->fault_addr;
  fault.access = reported->fault_flags & (HAL_FAULT_READ | HAL_FAULT_WRITE);
  const std::lock_guard lock(self(ctx).mutex);
  self(ctx).fault = fault;
}

hal_status_t get_text(void *ctx, const char *name, const char **value) {
  const auto found = self(ctx).options.find(name);
  if (found == self(ctx).options.end()) return HAL_ERR_NOT_FOUND;
  *value = found->second.c_str();
  return HAL_OK;
}

hal_status_t get_number(void *ctx, const char *name, std::uint64_t *value) {
  const char *text = nullptr;
  if (get_text(ctx, name, &text) != HAL_OK) return HAL_ERR_NOT_FOUND;
  *value = std::stoull(text);
  return HAL_OK;
}

std::uint64_t kill_order(void *ctx, const char *site) {
  const auto found = self(ctx).kill_at.find(site);
  return found != self(ctx).kill_at.end() ? found->second : 0;
}

hal_status_t check_trust(void *ctx, const char *path, char *text, std::uint64_t size) {
  const std::string &refused = self(ctx).refused;
  if (refused.empty() || !std::string(path).ends_with("/" + refused)) return HAL_OK;
  std::snprintf(text, size, "refused by the test");
  return HAL_ERR_UNAVAILABLE;
}

// The environment of the tests raises the limit for slow builds.
std::string load_timeout_ms() {
  const char *value = std::getenv("HAL_SIM_LOAD_TIMEOUT_MS");
  return value != nullptr ? value : "5000";
}

}  // namespace

FakeHost::FakeHost()
    : options{{"DEVICES", "2"},
              {"SKU", ""},
              {"MEMORY", "1073741824"},
              {"MAPPED_MEMORY", "268435456"},
              {"WORKERS", "2"},
              {"DETERMINISTIC", "0"},
              {"PROCESS", "1"},
              {"TIMEOUT_MS", "0"},
              {"LOAD_TIMEOUT_MS", load_timeout_ms()},
              {"SANITIZE", "1"}},
      services{sizeof(hal_host_v1_t),
               HAL_ABI_DRAFT,
               HAL_ABI_DRAFT,
               0,
               this,
               HAL_TEST_PLUGIN,
               log_enabled,
               log,
               set_error,
               get_text,
               get_number,
               nullptr,
               nullptr,
               set_kernel_fault,
               kill_order,
               nullptr,
               nullptr,
               check_trust} {}

void SimTest::open() {
  ASSERT_EQ(enter(backend_, *chip_, &host_.services, &host_.plugin), HAL_OK);
  ops_ = host_.plugin.ops;
  ASSERT_EQ(ops_->device_open(host_.plugin.self, ordinal_, &device_), HAL_OK) << host_.message;
  ASSERT_EQ(ops_->stream_create(device_, 0, &stream_), HAL_OK);
  ASSERT_EQ(load(kernels_path_), HAL_OK) << host_.message;
}

hal_status_t SimTest::load(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  return ops_->executable_load(device_, bytes.data(), bytes.size(), "kernels", &executable_);
}

void SimTest::close() {
  if (device_ == nullptr) return;
  EXPECT_EQ(ops_->executable_unload(device_, executable_), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->stream_destroy(device_, stream_), HAL_OK) << host_.message;
  ops_->device_close(device_);
  device_ = nullptr;
}

hal_pmem_t SimTest::allocate(hal_mem_kind_t kind, std::uint64_t size_bytes, hal_pmem_info_v1_t &info, const char *tag) {
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = kind;
  desc.size_bytes = size_bytes;
  desc.tag = tag;
  hal_pmem_t mem = nullptr;
  EXPECT_EQ(ops_->mem_alloc(device_, &desc, &mem, &info), HAL_OK) << host_.message;
  return mem;
}

std::uint64_t SimTest::property(hal_property_t key) {
  std::uint64_t value = 0;
  EXPECT_EQ(ops_->device_query(device_, key, &value), HAL_OK);
  return value;
}

hal_pkernel_t SimTest::kernel(const char *name) {
  hal_kernel_info_t info = {};
  hal_pkernel_t kernel = nullptr;
  EXPECT_EQ(ops_->kernel_find(device_, executable_, name, &kernel, &info), HAL_OK) << host_.message;
  return kernel;
}

std::uint64_t SimTest::launch(const char *name, std::uint32_t blocks, std::vector<std::uint64_t> words,
                              std::uint64_t timeout_ns) {
  std::vector<hal_arg_t> args(words.size());
  for (hal_arg_t &arg : args) arg.type = HAL_ARG_ADDR;
  const std::vector<std::uint64_t> sizes(words.size());
  const hal_launch_v1_t launch = {
      .struct_size = sizeof(hal_launch_v1_t),
      .block_count = blocks,
      .kernel = kernel(name),
      .convention = HAL_CONVENTION_ARGS_ARRAY,
      .arg_count = static_cast<std::uint32_t>(words.size()),
      .engine = HAL_ENGINE_AIV,
      .timeout_ns = timeout_ns,
      .tag = "",
      .args = args.data(),
      .words = words.data(),
      .sizes_bytes = sizes.data(),
  };
  std::uint64_t ticket = 0;
  EXPECT_EQ(ops_->launch(device_, stream_, &launch, &ticket), HAL_OK) << host_.message;
  return ticket;
}

hal_status_t SimTest::wait(std::uint64_t ticket, std::uint64_t timeout_ns) {
  return ops_->stream_wait(device_, stream_, ticket, timeout_ns);
}

}  // namespace hal::sim::test
