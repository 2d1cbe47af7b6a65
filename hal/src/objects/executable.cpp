// SPDX-License-Identifier: Apache-2.0
#include "objects/executable.hpp"

#include <fmt/format.h>

#include <utility>

#include "diagnostics/error.hpp"

namespace hal::core {

hal_kernel_t Executable::known(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto kernel = kernels_.find(name);
  return kernel != kernels_.end() ? make_handle<hal_kernel_t>(kernel->second->handle) : nullptr;
}

hal_status_t Executable::ask_plugin(const std::string &name, Kernel &kernel) {
  hal_kernel_info_t info = {};
  info.struct_size = sizeof(info);
  const hal_status_t status =
      device_.call<&Ops::kernel_find>("kernel_find", pexec_, name.c_str(), &kernel.pkernel, &info);
  kernel.convention = info.convention;
  kernel.engine = info.engine;
  kernel.flags = info.flags;
  kernel.name = name;
  return status;
}

hal_status_t Executable::find(std::string_view name, hal_kernel_t *kernel) {
  if ((*kernel = known(name)) != nullptr) return HAL_OK;
  SlotReservation slot(Kernel::kType);
  auto found = std::make_unique<Kernel>(Kernel{.executable = *this, .handle = slot.handle()});
  const std::string text(name);
  if (const hal_status_t status = ask_plugin(text, *found); status != HAL_OK) return status;
  // If another thread has found it in the meantime, the plugin returned the same kernel to both.
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = kernels_.try_emplace(text, std::move(found));
  if (is_new) slot.publish(entry->second.get());
  *kernel = make_handle<hal_kernel_t>(entry->second->handle);
  return HAL_OK;
}

bool Executable::claim_kernels() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto entry = kernels_.begin(); entry != kernels_.end(); ++entry) {
    if (handles().claim(entry->second->handle, 0)) continue;
    for (auto claimed = kernels_.begin(); claimed != entry; ++claimed) handles().unclaim(claimed->second->handle);
    return false;
  }
  return true;
}

void Executable::unclaim_kernels() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto &[name, kernel] : kernels_) handles().unclaim(kernel->handle);
}

void Executable::release_kernels() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto &[name, kernel] : kernels_) handles().release(kernel->handle);
  kernels_.clear();
}

}  // namespace hal::core
