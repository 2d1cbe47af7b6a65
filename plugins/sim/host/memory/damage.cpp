// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/damage.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "support/text.hpp"

namespace hal::sim {
namespace {

// The first changed byte, relative to the allocation.
std::string place_of(const Damage &damage) {
  const Origin &origin = damage.origin;
  const std::uint64_t end = origin.start + origin.size_bytes;
  if (damage.first < origin.start)
    return plugins::count_text(origin.start - damage.first, "byte") + " before its start";
  if (damage.first >= end) return plugins::count_text(damage.first - end, "byte") + " after its end";
  return "at offset " + std::to_string(damage.first - origin.start);
}

}  // namespace

Origin make_origin(const hal_mem_desc_t &desc, const char *kind, std::uint64_t start) {
  Origin origin;
  origin.start = start;
  origin.size_bytes = desc.size_bytes;
  origin.kind = kind;
  if (desc.tag != nullptr) std::memcpy(origin.tag, desc.tag, strnlen(desc.tag, sizeof origin.tag - 1));
  origin.made_at = plugin::call_site();
  return origin;
}

plugin::Failure damage_failure(const Damage &damage, std::uint64_t more, std::uint32_t ordinal, std::uint64_t base) {
  const Origin &origin = damage.origin;
  const std::string tag = origin.tag[0] == '\0' ? "" : " \"" + std::string(origin.tag) + "\"";
  const std::string what = std::string(origin.kind) + tag + " of " + plugins::count_text(origin.size_bytes, "byte") +
                           " at " + plugins::hex_text(base + origin.start);
  const bool inside = damage.first >= origin.start && damage.first < origin.start + origin.size_bytes;
  const bool host_writes = std::string_view(origin.kind).starts_with("HOST_");
  std::string message = "device " + std::to_string(ordinal) +
                        (host_writes ? ": a kernel or the host changed " : ": a kernel changed ") +
                        plugins::count_text(damage.bytes, "byte");
  message += inside ? " of " + what + " after it was freed" : " in the red zone of " + what;
  message += ", the first " + place_of(damage);
  if (more > 0)
    message += "; " + plugins::count_text(more, "more allocation") + (more == 1 ? " is" : " are") + " damaged";
  message += "; allocated by " + plugin::describe(origin.made_at);
  const char *hint = inside ? "look for a launch that used this address after hal_mem_free"
                            : "look for an index or size past the allocation in the kernels that used it or its "
                              "neighbours; call hal_device_check after each launch to find the kernel";
  return plugin::Failure(HAL_ERR_KERNEL_FAULT, std::move(message), hint, 0, "sim")
      .of_kernel({.kernel = {}, .block = {}, .address = base + damage.first, .access = HAL_FAULT_WRITE});
}

void log_failure(const plugin::Failure &failure) {
  plugin::log(HAL_LOG_ERROR, failure.what() + ("; " + failure.hint()));
}

void log_damage(Sanitizer &sanitizer, std::uint32_t ordinal, std::uint64_t base) noexcept {
  try {
    const DamageReport report = sanitizer.check(Sanitizer::What::kNew);
    for (const Damage &damage : report.listed) log_failure(damage_failure(damage, 0, ordinal, base));
    if (report.count > report.listed.size())
      plugin::log(HAL_LOG_ERROR, "device " + std::to_string(ordinal) + ": " +
                                     plugins::count_text(report.count - report.listed.size(), "more allocation") +
                                     " damaged");
  } catch (const std::exception &error) {
    plugin::log(HAL_LOG_ERROR, error.what());
  }
}

}  // namespace hal::sim
