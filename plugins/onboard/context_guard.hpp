// SPDX-License-Identifier: Apache-2.0
//
// The vendor keeps a current context for each thread. An operation sets its device's and puts the caller's back.
#ifndef HAL_PLUGINS_ONBOARD_CONTEXT_GUARD_HPP_
#define HAL_PLUGINS_ONBOARD_CONTEXT_GUARD_HPP_

#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// The current context of this thread; nullptr = none.
void *current_context(const VendorApi &api) noexcept;

// A thread that had no context keeps the device's, where the family has no way to unset one (acl): the caller could do
// nothing without a context anyway, and sets its own when it wants one.
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

// Puts the caller's context back after calls that change it by themselves, as opening and closing a device, and after
// releases, which go on whatever happens.
class CallerContext {
 public:
  explicit CallerContext(const VendorApi &api) : api_(api), caller_(current_context(api)) {}
  // Sets a context if that works; what is called then tells if it did not.
  CallerContext(const VendorApi &api, void *context);
  ~CallerContext() { restore(); }
  CallerContext(const CallerContext &) = delete;
  CallerContext &operator=(const CallerContext &) = delete;

  void *get() const { return caller_; }
  void forget() { caller_ = nullptr; }  // it does not live any more

 private:
  void restore() noexcept;

  const VendorApi &api_;
  void *caller_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_CONTEXT_GUARD_HPP_
