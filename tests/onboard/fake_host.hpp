// SPDX-License-Identifier: Apache-2.0
//
// The core's services for unit tests of plugins/onboard: options, environment variables, and a log that is recorded.
#ifndef HAL_TESTS_ONBOARD_FAKE_HOST_HPP_
#define HAL_TESTS_ONBOARD_FAKE_HOST_HPP_

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hal/hal_plugin.hpp"

namespace hal::onboard::test {

struct FakeHost {
  std::map<std::string, std::string> options = {{"API", "auto"}, {"LIBRARY_DIR", ""}, {"ACCEPT_SOC", ""}};
  std::map<std::string, std::string> environment;
  std::vector<std::string> log;
  std::set<std::string> refused;  // the files that check_trust refuses

  FakeHost() { plugin::host = &table; }
  FakeHost(const FakeHost &) = delete;
  FakeHost &operator=(const FakeHost &) = delete;
  ~FakeHost() { plugin::host = nullptr; }

 private:
  static FakeHost &of(void *ctx) { return *static_cast<FakeHost *>(ctx); }
  static hal_status_t find(const std::map<std::string, std::string> &texts, const char *name, const char **value) {
    const auto found = texts.find(name);
    if (found == texts.end()) return HAL_ERR_NOT_FOUND;
    *value = found->second.c_str();
    return HAL_OK;
  }

  hal_host_v1_t table = {
      .struct_size = sizeof(hal_host_v1_t),
      .abi_min = HAL_ABI_DRAFT,
      .abi_max = HAL_ABI_DRAFT,
      .reserved0 = 0,
      .ctx = this,
      .plugin_path = "/nowhere/libhal-test.so",
      .log_enabled = [](void *, hal_log_level_t) { return 1; },
      .log = [](void *ctx, hal_log_level_t, const char *text,
                std::uint64_t size) { of(ctx).log.emplace_back(text, size); },
      .set_error = [](void *, hal_status_t, std::int64_t, const char *, const char *, const char *) {},
      .get_text = [](void *ctx, const char *name, const char **value) { return find(of(ctx).options, name, value); },
      .get_number = [](void *, const char *, std::uint64_t *) { return hal_status_t{HAL_ERR_NOT_FOUND}; },
      .fault_point = [](void *, const char *) { return hal_status_t{HAL_OK}; },
      .get_environment = [](void *ctx, const char *name,
                            const char **value) { return find(of(ctx).environment, name, value); },
      .set_kernel_fault = [](void *, const hal_kernel_fault_v1_t *) {},
      .call_site = nullptr,
      .describe_call_site = nullptr,
      .check_trust =
          [](void *ctx, const char *path, char *text, std::uint64_t size) {
            if (!of(ctx).refused.contains(path)) return hal_status_t{HAL_OK};
            std::snprintf(text, size, "refused by the test");
            return hal_status_t{HAL_ERR_UNAVAILABLE};
          },
  };
};

}  // namespace hal::onboard::test

#endif  // HAL_TESTS_ONBOARD_FAKE_HOST_HPP_
