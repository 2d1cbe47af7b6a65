// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/leaks.hpp"

#include <fmt/format.h>

#include <utility>

namespace hal::core {
namespace {

constexpr std::size_t kMaxLines = 32;

}  // namespace

void LeakReport::add(std::string what, const char *how, const CallSite &site) {
  if (++count_ <= kMaxLines) leaks_.push_back({fmt::format("{}, {} by ", what, how), site});
}

void LeakReport::write(const std::string &owner) const {
  for (const Leak &leak : leaks_) log(HAL_LOG_WARN, "{} still has {}{}", owner, leak.what, leak.site.describe());
  if (count_ > kMaxLines) log(HAL_LOG_WARN, "{} still has {} more objects", owner, count_ - kMaxLines);
}

}  // namespace hal::core
