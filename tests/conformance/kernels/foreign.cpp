// SPDX-License-Identifier: Apache-2.0
//
// An object without libhal: no note, one exported function.
#include <cstdint>

extern "C" __attribute__((visibility("default"))) void kernel_entry(std::int64_t *args) {
  const auto *context = reinterpret_cast<const std::int32_t *>(args[48]);
  reinterpret_cast<std::uint64_t *>(args[0])[context[0]] = static_cast<std::uint64_t>(context[0] + 100 * context[1]);
}
