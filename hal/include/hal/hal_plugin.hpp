// SPDX-License-Identifier: Apache-2.0
//
// For plugins in C++20: an exception firewall for operations (P5), and small helpers for the services of the core. This
// header needs only hal_plugin.h and the standard library.
#ifndef HAL_HAL_PLUGIN_HPP_
#define HAL_HAL_PLUGIN_HPP_

#if __cplusplus <= 201703L
#error Compile hal/hal_plugin.hpp as C++20 or later, for example with -std=c++20.
#endif

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hal/hal_plugin.h"

namespace hal::plugin {

// The services of the core. The entry function sets it once. Each plugin is a shared object of its own, so each has its
// own copy.
inline const hal_host_v1_t *host = nullptr;

// What a plugin knows for certain about a kernel that failed.
struct KernelFault {
  std::string kernel = {};  // the name in the launch; "" = not known
  std::optional<std::uint32_t> block = {};
  std::optional<std::uint64_t> address = {};  // the address that it accessed
  hal_fault_flags_t access = 0;               // HAL_FAULT_READ or HAL_FAULT_WRITE; 0 = not known
};

// An exception that an operation throws to fail.
class Failure : public std::exception {
 public:
  Failure(hal_status_t status, std::string message, std::string hint = {}, std::int64_t native_code = 0,
          const char *native_domain = "")
      : status_(status),
        native_code_(native_code),
        native_domain_(native_domain),
        message_(std::move(message)),
        hint_(std::move(hint)) {}

  // Makes a failure that the core has recorded already, as after fault_point: report() returns only its status.
  static Failure told(hal_status_t status, std::string message) {
    Failure failure(status, std::move(message));
    failure.reported_ = true;
    return failure;
  }

  // Adds data about the kernel that failed, for KERNEL_FAULT and KERNEL_TIMEOUT:
  //   throw Failure(HAL_ERR_KERNEL_FAULT, message, hint).of_kernel({.kernel = name, .block = 3});
  Failure of_kernel(KernelFault fault) && {
    fault_ = std::move(fault);
    return std::move(*this);
  }

  const char *what() const noexcept override { return message_.c_str(); }
  hal_status_t status() const noexcept { return status_; }
  const std::string &hint() const noexcept { return hint_; }
  std::int64_t native_code() const noexcept { return native_code_; }
  const char *native_domain() const noexcept { return native_domain_; }
  const std::optional<KernelFault> &kernel_fault() const noexcept { return fault_; }

  // Passes the error to the core and returns the status.
  hal_status_t report() const noexcept {
    if (reported_) return status_;
    host->set_error(host->ctx, status_, native_code_, native_domain_, message_.c_str(), hint_.c_str());
    if (fault_) report_fault(*fault_);
    return status_;
  }

 private:
  static void report_fault(const KernelFault &fault) noexcept {
    if (!HAL_HAS_FIELD(hal_host_v1_t, host, set_kernel_fault) || host->set_kernel_fault == nullptr) return;
    hal_kernel_fault_v1_t given = {};
    given.struct_size = sizeof given;
    given.fault_flags =
        fault.access | (fault.block ? HAL_FAULT_HAS_BLOCK : 0u) | (fault.address ? HAL_FAULT_HAS_ADDR : 0u);
    given.kernel = fault.kernel.c_str();
    given.fault_addr = fault.address.value_or(0);
    given.block = fault.block.value_or(0);
    host->set_kernel_fault(host->ctx, &given);
  }

  hal_status_t status_;
  std::int64_t native_code_;
  const char *native_domain_;
  std::string message_;
  std::string hint_;
  std::optional<KernelFault> fault_;
  bool reported_ = false;
};

// Runs body. If body throws, it passes the error to the core and returns a status.
template <typename Body>
hal_status_t guarded(Body &&body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Failure &failure) {
    return failure.report();
  } catch (const std::bad_alloc &) {
    return Failure(HAL_ERR_OUT_OF_MEMORY, "the host process is out of memory", "free memory or use smaller sizes")
        .report();
  } catch (const std::exception &error) {
    return Failure(HAL_ERR_INTERNAL, std::string("unexpected error in the plugin: ") + error.what(),
                   "report this as a bug")
        .report();
  } catch (...) {
    return Failure(HAL_ERR_INTERNAL, "unexpected exception of unknown type in the plugin", "report this as a bug")
        .report();
  }
}

namespace detail {
template <auto Function>
struct Thunk;

template <typename... Args, void (*Function)(Args...)>
struct Thunk<Function> {
  static hal_status_t call(Args... args) noexcept {
    return guarded([&] {
      Function(args...);
      return hal_status_t{HAL_OK};
    });
  }
};

template <typename... Args, hal_status_t (*Function)(Args...)>
struct Thunk<Function> {
  static hal_status_t call(Args... args) noexcept {
    return guarded([&] { return Function(args...); });
  }
};
}  // namespace detail

// thunk<&f> calls f inside the firewall and has the type that the table of operations needs. f returns a status, or
// void and throws on failure.
template <auto Function>
inline constexpr auto thunk = &detail::Thunk<Function>::call;

// Logs a message.
inline void log(hal_log_level_t level, std::string_view message) {
  host->log(host->ctx, level, message.data(), message.size());
}

// Whether a message of this level would be shown.
inline bool log_enabled(hal_log_level_t level) { return host->log_enabled(host->ctx, level) != 0; }

// Returns the text of an option that the plugin declares. Throws Failure if it does not declare the option.
inline std::string option_text(const char *name) {
  const char *value = nullptr;
  if (const hal_status_t status = host->get_text(host->ctx, name, &value); status != HAL_OK)
    throw Failure(status, std::string("option ") + name + " cannot be read", "declare it in the plugin's options");
  return value;
}

// Returns the number of an option of type NUMBER or BYTES; of type SWITCH, 0 or 1. Throws as option_text.
inline std::uint64_t option_number(const char *name) {
  std::uint64_t value = 0;
  if (const hal_status_t status = host->get_number(host->ctx, name, &value); status != HAL_OK)
    throw Failure(status, std::string("option ") + name + " cannot be read", "declare it in the plugin's options");
  return value;
}

// A fault point; call it before you take a resource. Throws if the user injects a failure here with HAL_FAULTS. It does
// nothing with a core that has no fault points.
//
// site  "<family>.<point>"
inline void fault_point(const char *site) {
  constexpr auto kNeeded = offsetof(hal_host_v1_t, fault_point) + sizeof(host->fault_point);
  if (host->struct_size < kNeeded || host->fault_point == nullptr) return;
  if (const hal_status_t status = host->fault_point(host->ctx, site); status != HAL_OK)
    throw Failure::told(status, std::string("injected by HAL_FAULTS: ") + site);
}

// Returns which pass of a fault point in another process of the plugin is to be the last one; 0 = none, UINT64_MAX =
// every pass. See hal_host_v1_t.
inline std::uint64_t kill_order(const char *site) {
  if (!HAL_HAS_FIELD(hal_host_v1_t, host, kill_order) || host->kill_order == nullptr) return 0;
  return host->kill_order(host->ctx, site);
}

// Returns the place that made the public call which runs on this thread. All words are zero if the core does not have
// this service.
inline hal_call_site_v1_t call_site() noexcept {
  hal_call_site_v1_t site = {};
  site.struct_size = sizeof site;
  if (HAL_HAS_FIELD(hal_host_v1_t, host, call_site) && host->call_site != nullptr) host->call_site(host->ctx, &site);
  return site;
}

// Returns a site as text: function, file, offset. The text is "an unknown place" if the core does not have this
// service.
inline std::string describe(const hal_call_site_v1_t &site) {
  char text[768] = "an unknown place";
  if (HAL_HAS_FIELD(hal_host_v1_t, host, describe_call_site) && host->describe_call_site != nullptr)
    host->describe_call_site(host->ctx, &site, text, sizeof text);
  return text;
}

// Judges a file before the plugin runs or loads it. Returns why it must not be used; "" if it may be, if it does not
// exist, or if the core does not have this service.
//
// path  absolute
inline std::string distrust(const std::string &path) {
  if (!HAL_HAS_FIELD(hal_host_v1_t, host, check_trust) || host->check_trust == nullptr) return {};
  char text[768] = "";
  const hal_status_t status = host->check_trust(host->ctx, path.c_str(), text, sizeof text);
  if (status == HAL_OK || status == HAL_ERR_NOT_FOUND) return {};
  return *text != '\0' ? text : "the core refuses it";
}

// Returns an environment variable that belongs to other software, such as the vendor's runtime. It is nullopt if the
// variable is not set, or if the process has elevated privileges.
inline std::optional<std::string> environment(const char *name) {
  constexpr auto kNeeded = offsetof(hal_host_v1_t, get_environment) + sizeof(host->get_environment);
  const char *value = nullptr;
  if (host->struct_size < kNeeded || host->get_environment == nullptr) return std::nullopt;
  if (host->get_environment(host->ctx, name, &value) != HAL_OK) return std::nullopt;
  return value;
}

}  // namespace hal::plugin

#endif  // HAL_HAL_PLUGIN_HPP_
