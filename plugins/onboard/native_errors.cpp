// SPDX-License-Identifier: Apache-2.0
#include "onboard/native_errors.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace hal::onboard {
namespace {

#define HAL_NATIVE_ERROR(code, status, cause, hint) {code, HAL_ERR_##status, cause, hint},
constexpr NativeError kErrors[] = {
#include "onboard/native_errors.def"
};
#undef HAL_NATIVE_ERROR

constexpr bool is_text(std::string_view text) { return !text.empty() && text.size() <= kMaxNativeTextBytes; }

static_assert(std::ranges::adjacent_find(kErrors, std::ranges::greater_equal{}, &NativeError::code) ==
                  std::ranges::end(kErrors),
              "codes must ascend strictly: find_native_error uses binary search");
static_assert(std::ranges::all_of(kErrors, [](const NativeError &error) {
  return error.status < HAL_OK && is_text(error.cause) && is_text(error.hint);
}));

}  // namespace

const NativeError *find_native_error(std::int64_t code) noexcept {
  const auto *found = std::ranges::lower_bound(kErrors, code, {}, &NativeError::code);
  return found != std::ranges::end(kErrors) && found->code == code ? found : nullptr;
}

bool explain_native(std::string_view domain, std::int64_t code, hal_native_error_v1_t &out) noexcept {
  constexpr const char *kAcl = "acl";
  constexpr const char *kRt = "rt";
  const NativeError *error = find_native_error(code);
  if (error == nullptr || !(domain.empty() || domain == kAcl || domain == kRt)) return false;
  out.status = error->status;
  out.domain = domain == kRt ? kRt : kAcl;
  out.cause = error->cause;
  out.hint = error->hint;
  return true;
}

std::span<const NativeError> native_errors() noexcept { return kErrors; }

}  // namespace hal::onboard
