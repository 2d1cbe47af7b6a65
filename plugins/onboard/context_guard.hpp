// SPDX-License-Identifier: Apache-2.0
//
// The vendor keeps one current context per thread. An operation sets the context of its device and then restores the
// caller's context.
#ifndef HAL_PLUGINS_ONBOARD_CONTEXT_GUARD_HPP_
#define HAL_PLUGINS_ONBOARD_CONTEXT_GUARD_HPP_

#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// The current context of this thread; nullptr = none.
void *current_context(const VendorApi &api) noexcept;

// The acl family cannot unset a context. There, a thread that had no context keeps the device's context: the caller
// must set one anyway before it can use the vendor's runtime.
class ContextGuard {
 public:
  // Throws plugin::Failure if the context cannot be set.
  ContextGuard(const VendorApi &api, void *context);
  ~ContextGuard();
  ContextGuard(const ContextGuard &) = delete;
  ContextGuard &operator=(const ContextGuard &) = delete;

 private:
  const VendorApi &api_;
  void *const context_;
  void *const caller_;
};

// Restores the caller's context after calls that change it themselves, such as opening and closing a device, and after
// releases, which continue after an error.
class CallerContext {
 public:
  explicit CallerContext(const VendorApi &api) : api_(api), caller_(current_context(api)) {}
  // Sets the context. If that fails, the calls that follow report an error.
  CallerContext(const VendorApi &api, void *context);
  ~CallerContext() { restore(); }
  CallerContext(const CallerContext &) = delete;
  CallerContext &operator=(const CallerContext &) = delete;

  void *get() const { return caller_; }
  void forget() { caller_ = nullptr; }  // call this after the context was destroyed

 private:
  void restore() noexcept;

  const VendorApi &api_;
  void *caller_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_CONTEXT_GUARD_HPP_
