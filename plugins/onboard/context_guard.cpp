// SPDX-License-Identifier: Apache-2.0
#include "onboard/context_guard.hpp"

#include "onboard/vendor_error.hpp"

namespace hal::onboard {

void *current_context(const VendorApi &api) noexcept {
  void *context = nullptr;
  if (api.get_context(&context) == kOk) return context;
  drop_recent_error(api);  // a thread without a context is not an error
  return nullptr;
}

ContextGuard::ContextGuard(const VendorApi &api, void *context)
    : api_(api), context_(context), caller_(current_context(api)) {
  if (caller_ != context_)
    check(
        api_, api_.set_context, [] { return std::string("the device's context"); }, context_);
}

ContextGuard::~ContextGuard() {
  if (caller_ == context_ || (caller_ == nullptr && !api_.unsets_context)) return;
  if (api_.set_context(caller_) != kOk) drop_recent_error(api_);  // the caller's context was destroyed
}

CallerContext::CallerContext(const VendorApi &api, void *context) : CallerContext(api) {
  if (caller_ != context && context != nullptr && api_.set_context(context) != kOk) drop_recent_error(api_);
}

void CallerContext::restore() noexcept {
  void *now = current_context(api_);
  if (now == caller_ || (caller_ == nullptr && !api_.unsets_context)) return;
  if (api_.set_context(caller_) != kOk) drop_recent_error(api_);
}

}  // namespace hal::onboard
