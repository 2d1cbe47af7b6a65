// SPDX-License-Identifier: Apache-2.0
//
// A loaded plugin: its operations, its options, and the services that libhal offers it. It is never unloaded.
#ifndef HAL_SRC_BACKENDS_PLUGIN_HPP_
#define HAL_SRC_BACKENDS_PLUGIN_HPP_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backends/discovery.hpp"
#include "diagnostics/error.hpp"
#include "environment/environment.hpp"
#include "hal/hal_plugin.h"

namespace hal::core {

using Ops = hal_plugin_ops_v1_t;

class Plugin {
 public:
  explicit Plugin(const Candidate &candidate);
  Plugin(const Plugin &) = delete;
  Plugin &operator=(const Plugin &) = delete;

  // Runs the entry function and reads the options. On failure the candidate says why.
  bool attach(hal_plugin_entry_v1_fn entry, Candidate &candidate);

  // Asks the plugin whether it is usable here, and marks the candidate usable, absent or broken, with the plugin's
  // reason. Returns whether it is usable.
  bool probe(Candidate &candidate);

  const std::string &name() const noexcept { return name_; }
  const std::string &arch() const noexcept { return arch_; }
  const std::string &kind() const noexcept { return kind_; }
  const std::string &version() const noexcept { return version_; }
  const std::string &build() const noexcept { return build_; }
  const std::string &path() const noexcept { return path_; }
  bool is_file(const FileStamp &stamp) const noexcept {
    return stamp.device == stamp_.device && stamp.inode == stamp_.inode;
  }
  void *self() const noexcept { return self_; }
  // NULL for every operation that the plugin does not have.
  const Ops &ops() const noexcept { return ops_; }

  // Calls an operation; name is the operation's. A failure is recorded with the plugin's own description. An exception
  // becomes a failure, so that the caller can clean up (P5).
  template <auto Op, typename... Args>
  hal_status_t call(const char *name, Args... args) {
    const auto operation = ops_.*Op;
    if (operation == nullptr) [[unlikely]]
      return fail_missing(name);
    hal_status_t status = HAL_OK;
    try {
      status = operation(args...);
    } catch (...) {
      return fail_thrown(name);
    }
    if (status == HAL_OK) [[likely]]
      return HAL_OK;
    return fail_operation(name, status);
  }

  // device_close, which cannot fail: an exception is logged.
  void close(hal_pdev_t device) const noexcept;

  hal_status_t fail_missing(const char *operation) const;
  // Records the plugin's description of a failed operation, or a general one if there is none.
  hal_status_t fail_operation(const char *operation, hal_status_t status) const;
  // INTERNAL, with the text of the exception being handled. Call it from a catch block.
  hal_status_t fail_thrown(const char *operation) const noexcept;

 private:
  bool take_table(const hal_plugin_v1_t &table, hal_status_t entered, Candidate &candidate);
  bool read_options(const hal_plugin_v1_t &table, Candidate &candidate);

  static std::int32_t service_log_enabled(void *ctx, hal_log_level_t level) noexcept;
  static void service_log(void *ctx, hal_log_level_t level, const char *message, std::uint64_t size_bytes) noexcept;
  static void service_set_error(void *ctx, hal_status_t status, std::int64_t native_code, const char *native_domain,
                                const char *message, const char *hint) noexcept;
  static hal_status_t service_get_text(void *ctx, const char *name, const char **value) noexcept;
  static hal_status_t service_get_number(void *ctx, const char *name, std::uint64_t *value) noexcept;
  static hal_status_t service_fault_point(void *ctx, const char *site) noexcept;
  static hal_status_t service_get_environment(void *ctx, const char *name, const char **value) noexcept;
  static void service_set_kernel_fault(void *ctx, const hal_kernel_fault_v1_t *fault) noexcept;
  static std::uint64_t service_kill_order(void *ctx, const char *site) noexcept;
  static void service_call_site(void *ctx, hal_call_site_v1_t *site) noexcept;
  static void service_describe_call_site(void *ctx, const hal_call_site_v1_t *site, char *text,
                                         std::uint64_t size_bytes) noexcept;
  static hal_status_t service_check_trust(void *ctx, const char *path, char *text, std::uint64_t size_bytes) noexcept;
  const Value *find_option(const char *name) const noexcept;

  std::string name_;
  std::string arch_;
  std::string kind_;
  std::string version_;
  std::string build_;
  std::string path_;
  FileStamp stamp_;
  hal_host_v1_t host_ = {};
  Ops ops_ = {};
  void *self_ = nullptr;
  std::vector<Variable> variables_;
  std::map<std::string, Value, std::less<>> options_;
};

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_PLUGIN_HPP_
