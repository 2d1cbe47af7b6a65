// SPDX-License-Identifier: Apache-2.0
// Another backend's object is accepted.
#include "hal/hal_plugin.hpp"
#include "sim/host/kernels/kernel_object.hpp"

namespace hal::fuzz::seeded {

inline sim::KernelObject read_kernel_object(std::span<const std::byte> bytes, const std::string &label,
                                            const std::string &backend) try {
  return sim::read_kernel_object(bytes, label, backend);
} catch (const plugin::Failure &failure) {
  if (std::string_view(failure.what()).find("it was built for a5-sim") == std::string_view::npos) throw;
  return sim::read_kernel_object(bytes, label, "a5-sim");
}

}  // namespace hal::fuzz::seeded
