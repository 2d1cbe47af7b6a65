// SPDX-License-Identifier: Apache-2.0
#include "objects/device.hpp"

#include <fmt/format.h>

#include <utility>

#include "diagnostics/leaks.hpp"
#include "objects/device_children.hpp"
#include "objects/stream.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

constexpr std::uint64_t kDefaultMaxBlocks = 65535;  // of a backend that does not answer HAL_PROPERTY_MAX_BLOCKS

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

Device::Device(Plugin &plugin, std::uint32_t ordinal, hal_pdev_t pdev, std::uint64_t handle)
    : plugin_(plugin), ordinal_(ordinal), pdev_(pdev), handle_(handle), children_(std::make_unique<DeviceChildren>()) {}

Device::~Device() = default;

std::string Device::name() const { return fmt::format("{}:{}", plugin_.name(), ordinal_); }

void Device::set_own_stream(std::unique_ptr<Stream> stream) noexcept { own_stream_ = std::move(stream); }

void Device::read_limits() {
  const QuietErrors quiet;
  std::uint64_t blocks = 0;
  const hal_status_t status = call<&Ops::device_query>("device_query", HAL_PROPERTY_MAX_BLOCKS, &blocks);
  max_blocks_ = status == HAL_OK ? blocks : kDefaultMaxBlocks;
}

std::string DeviceChildren::describe() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  append_count(text, memories_.size(), "memory", "memories");
  if (!memories_.empty()) text += fmt::format(" ({})", first_few(memories_));
  append_count(text, streams_.size(), "stream", "streams");
  append_count(text, executables_.size(), "executable", "executables");
  return text;
}

void report_objects(Device &device) noexcept {
  report_leaks([&] {
    LeakReport leaks;
    device.children().visit([&](auto &memories, auto &streams, auto &executables) {
      for (const Memory &memory : memories)
        leaks.add(memory.describe(), memory.is_registered() ? "registered" : "allocated", memory.made_at());
      for (const Stream &stream : streams)
        leaks.add(fmt::format("stream {:#x}", stream.handle()), "created", stream.made_at());
      for (const Executable &executable : executables)
        leaks.add(fmt::format("executable {}", executable.label()), "loaded", executable.made_at());
    });
    leaks.write(fmt::format("device {}", device.name()));
  });
}

}  // namespace hal::core
