// SPDX-License-Identifier: Apache-2.0
//
// The exception firewall for plugins written in C++ (P5), and small helpers around the host services. Header-only.
#ifndef HAL_HAL_PLUGIN_HPP_
#define HAL_HAL_PLUGIN_HPP_

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

// The core's services, set once by the entry function. One per plugin, since each plugin is its own shared object.
inline const hal_host_v1_t *host = nullptr;

// What is known for certain of a kernel that failed.
struct KernelFault {
  std::string kernel = {};  // its name, as launched; "" = not known
  std::optional<std::uint32_t> block = {};
  std::optional<std::uint64_t> address = {};  // that it touched
  hal_fault_flags_t access = 0;               // HAL_FAULT_READ or HAL_FAULT_WRITE; 0 = not known
};

// A failure on its way out of an operation.
class Failure : public std::exception {
 public:
  Failure(hal_status_t status, std::string message, std::string hint = {}, std::int64_t native_code = 0,
          const char *native_domain = "")
      : status_(status),
        native_code_(native_code),
        native_domain_(native_domain),
        message_(std::move(message)),
        hint_(std::move(hint)) {}

  // One that the core has been told of already.
  static Failure told(hal_status_t status, std::string message) {
    Failure failure(status, std::move(message));
    failure.told_ = true;
    return failure;
  }

  // The same with the facts of the kernel behind it, for KERNEL_FAULT and KERNEL_TIMEOUT:
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

  // Hands the story to the core and gives the status to return.
  hal_status_t report() const noexcept {
    if (told_) return status_;
    host->set_error(host->ctx, status_, native_code_, native_domain_, message_.c_str(), hint_.c_str());
    if (fault_) report_fault(*fault_);
    return status_;
  }

 private:
  static void report_fault(const KernelFault &fault) noexcept {
    if (!HAL_HAS_FIELD(hal_host_v1_t, host, set_kernel_fault) || host->set_kernel_fault == nullptr) return;
    hal_kernel_fault_v1_t told = {};
    told.struct_size = sizeof told;
    told.fault_flags =
        fault.access | (fault.block ? HAL_FAULT_HAS_BLOCK : 0u) | (fault.address ? HAL_FAULT_HAS_ADDR : 0u);
    told.kernel = fault.kernel.c_str();
    told.fault_addr = fault.address.value_or(0);
    told.block = fault.block.value_or(0);
    host->set_kernel_fault(host->ctx, &told);
  }

  hal_status_t status_;
  std::int64_t native_code_;
  const char *native_domain_;
  std::string message_;
  std::string hint_;
  std::optional<KernelFault> fault_;
  bool told_ = false;
};

// Runs body and turns whatever it throws into a status with a story.
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

// thunk<&f> is f behind the firewall, with the type that the operations table wants. f returns void (throws on failure)
// or a status.
template <auto Function>
inline constexpr auto thunk = &detail::Thunk<Function>::call;

inline void log(hal_log_level_t level, std::string_view message) {
  host->log(host->ctx, level, message.data(), message.size());
}

inline bool log_enabled(hal_log_level_t level) { return host->log_enabled(host->ctx, level) != 0; }

inline std::string option_text(const char *name) {
  const char *value = nullptr;
  if (const hal_status_t status = host->get_text(host->ctx, name, &value); status != HAL_OK)
    throw Failure(status, std::string("option ") + name + " cannot be read", "declare it in the plugin's options");
  return value;
}

inline std::uint64_t option_number(const char *name) {
  std::uint64_t value = 0;
  if (const hal_status_t status = host->get_number(host->ctx, name, &value); status != HAL_OK)
    throw Failure(status, std::string("option ") + name + " cannot be read", "declare it in the plugin's options");
  return value;
}

// Before a resource is taken: throws if the user has ordered a failure here (HAL_FAULTS). site is "<family>.<point>".
inline void fault_point(const char *site) {
  constexpr auto kNeeded = offsetof(hal_host_v1_t, fault_point) + sizeof(host->fault_point);
  if (host->struct_size < kNeeded || host->fault_point == nullptr) return;
  if (const hal_status_t status = host->fault_point(host->ctx, site); status != HAL_OK)
    throw Failure::told(status, std::string("injected by HAL_FAULTS: ") + site);
}

// Which pass of a point inside another process of the plugin's is to be its last; 0 = none, UINT64_MAX = each.
inline std::uint64_t kill_order(const char *site) {
  if (!HAL_HAS_FIELD(hal_host_v1_t, host, kill_order) || host->kill_order == nullptr) return 0;
  return host->kill_order(host->ctx, site);
}

// Where the public call under way on this thread was made; all zero from a core that does not tell.
inline hal_call_site_v1_t call_site() noexcept {
  hal_call_site_v1_t site = {};
  site.struct_size = sizeof site;
  if (HAL_HAS_FIELD(hal_host_v1_t, host, call_site) && host->call_site != nullptr) host->call_site(host->ctx, &site);
  return site;
}

// The site as text: function, file, offset; "an unknown place" where the core does not tell.
inline std::string describe(const hal_call_site_v1_t &site) {
  char text[768] = "an unknown place";
  if (HAL_HAS_FIELD(hal_host_v1_t, host, describe_call_site) && host->describe_call_site != nullptr)
    host->describe_call_site(host->ctx, &site, text, sizeof text);
  return text;
}

// A variable of somebody else, such as the vendor's runtime; nullopt if it is not set or must not be believed.
inline std::optional<std::string> environment(const char *name) {
  constexpr auto kNeeded = offsetof(hal_host_v1_t, get_environment) + sizeof(host->get_environment);
  const char *value = nullptr;
  if (host->struct_size < kNeeded || host->get_environment == nullptr) return std::nullopt;
  if (host->get_environment(host->ctx, name, &value) != HAL_OK) return std::nullopt;
  return value;
}

}  // namespace hal::plugin

#endif  // HAL_HAL_PLUGIN_HPP_
