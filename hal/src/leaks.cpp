// SPDX-License-Identifier: Apache-2.0
#include "leaks.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api.hpp"
#include "device_children.hpp"
#include "device_table.hpp"
#include "log.hpp"

namespace hal::core {
namespace {

constexpr std::size_t kMostLines = 32;

struct Leak {
  std::string what;
  CallSite site;
};

class Leaks {
 public:
  void add(std::string what, const char *how, const CallSite &site) {
    if (++count_ <= kMostLines) lines_.push_back({fmt::format("{}, {} by ", what, how), site});
  }

  // Call sites are looked up here, after the lock of the lists is gone.
  void report(const std::string &device) const {
    for (const Leak &leak : lines_) log(HAL_LOG_WARN, "{} still has {}{}", device, leak.what, leak.site.describe());
    if (count_ > kMostLines) log(HAL_LOG_WARN, "{} still has {} more objects", device, count_ - kMostLines);
  }

 private:
  std::size_t count_ = 0;
  std::vector<Leak> lines_;
};

Leaks objects_of(Device &device) {
  Leaks leaks;
  device.children().visit([&](auto &memories, auto &streams, auto &executables) {
    for (const Memory &memory : memories)
      leaks.add(memory.describe(), memory.is_registered() ? "registered" : "allocated", memory.made_at());
    for (const Stream &stream : streams)
      leaks.add(fmt::format("stream {:#x}", stream.handle()), "created", stream.made_at());
    for (const Executable &executable : executables)
      leaks.add(fmt::format("executable {}", executable.label()), "loaded", executable.made_at());
  });
  return leaks;
}

// A report that cannot be made must not become a failure, nor replace the one that it is about.
template <typename Report>
void make_report(Report &&report) noexcept {
  if (!log_enabled(HAL_LOG_WARN)) return;
  const ErrorRecord story = last_error();
  try {
    report();
  } catch (...) {
    log_message(HAL_LOG_WARN, "core", "no memory for a report of open objects");
  }
  restore_error(story);
}

}  // namespace

void report_objects(Device &device) noexcept {
  make_report([&] { objects_of(device).report(fmt::format("device {}", device.name())); });
}

void report_open_devices() noexcept {
  make_report([] {
    for (const OpenDevice &open : open_devices()) {
      Pin<Device> device;
      if (device.try_acquire(handle_value(open.handle)) != PinAnswer::kOk) continue;
      log(HAL_LOG_WARN, "device {} is open, {} time(s), first opened by {}", open.name, open.opens,
          device->made_at().describe());
      report_objects(*device);
    }
  });
}

}  // namespace hal::core
