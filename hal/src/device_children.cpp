// SPDX-License-Identifier: Apache-2.0
#include "device_children.hpp"

#include <fmt/format.h>

namespace hal::core {
namespace {

void append_count(std::string &text, std::size_t count, const char *one, const char *many) {
  if (count == 0) return;
  if (!text.empty()) text += ", ";
  text += fmt::format("{} {}", count, count == 1 ? one : many);
}

template <typename Memories>
std::string first_few(const Memories &memories) {
  constexpr int kShown = 3;
  std::string text;
  int shown = 0;
  for (const Memory &memory : memories) {
    if (shown++ == kShown) return text + ", …";
    if (!text.empty()) text += ", ";
    text += memory.describe();
  }
  return text;
}

}  // namespace

std::string DeviceChildren::describe() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  append_count(text, memories_.size(), "memory", "memories");
  if (!memories_.empty()) text += fmt::format(" ({})", first_few(memories_));
  append_count(text, streams_.size(), "stream", "streams");
  append_count(text, executables_.size(), "executable", "executables");
  return text;
}

}  // namespace hal::core
