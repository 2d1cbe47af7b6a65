// SPDX-License-Identifier: Apache-2.0
//
// The public methods. Each one calls the method of Impl, inside a Call.
#include "hal/chip_worker.hpp"

#include <cstdio>
#include <exception>

#include "worker_impl.hpp"

namespace hal {

Kernel KernelBinary::kernel(std::string_view name) const {
  hal_kernel_t found = nullptr;
  check(hal_executable_find(handle_, name.empty() ? nullptr : std::string(name).c_str(), &found));
  return Kernel(found);
}

ChipWorker::ChipWorker() : impl_(std::make_unique<Impl>()) {}

ChipWorker::~ChipWorker() {
  if (!impl_->in_own_process()) return;
  try {
    impl_->finalize();
  } catch (const std::exception &failure) {
    std::fprintf(stderr, "hal: finalize() failed in the destructor of a ChipWorker: %s\n", failure.what());
  }
}

void ChipWorker::init(std::string_view backend, std::uint32_t device) { impl_->init(backend, device); }

void ChipWorker::finalize() { impl_->finalize(); }

hal_device_addr_t ChipWorker::allocate(std::uint64_t size_bytes) {
  Impl::Call call(*impl_, "ChipWorker::allocate");
  return impl_->allocate(size_bytes);
}

void ChipWorker::release(hal_device_addr_t addr) {
  Impl::Call call(*impl_, "ChipWorker::release");
  impl_->release(addr);
}

void ChipWorker::copy_to(hal_device_addr_t dst, const void *src, std::uint64_t size_bytes) {
  Impl::Call call(*impl_, "ChipWorker::copy_to");
  impl_->copy(dst, size_bytes, src, nullptr);
}

void ChipWorker::copy_from(void *dst, hal_device_addr_t src, std::uint64_t size_bytes) {
  Impl::Call call(*impl_, "ChipWorker::copy_from");
  impl_->copy(src, size_bytes, nullptr, dst);
}

SharedMemory ChipWorker::malloc_host_device_share_mem(std::uint64_t size_bytes) {
  Impl::Call call(*impl_, "ChipWorker::malloc_host_device_share_mem");
  return impl_->allocate_shared(size_bytes);
}

void ChipWorker::free_host_device_share_mem(void *host_ptr) {
  constexpr const char *kName = "ChipWorker::free_host_device_share_mem";
  Impl::Call call(*impl_, kName);
  impl_->free_mapped(host_ptr, HAL_MEM_HOST_MAPPED, kName);
}

hal_device_addr_t ChipWorker::register_host(void *ptr, std::uint64_t size_bytes) {
  Impl::Call call(*impl_, "ChipWorker::register_host");
  return impl_->register_host(ptr, size_bytes);
}

void ChipWorker::unregister_host(void *ptr) {
  constexpr const char *kName = "ChipWorker::unregister_host";
  Impl::Call call(*impl_, kName);
  impl_->free_mapped(ptr, HAL_MEM_HOST_IMPORTED, kName);
}

KernelBinary ChipWorker::load(const std::string &path) {
  Impl::Call call(*impl_, "ChipWorker::load");
  return impl_->load(path);
}

KernelBinary ChipWorker::load(std::span<const std::byte> bytes) {
  Impl::Call call(*impl_, "ChipWorker::load");
  return impl_->load(bytes);
}

void ChipWorker::unload(KernelBinary binary) {
  Impl::Call call(*impl_, "ChipWorker::unload");
  impl_->unload(binary);
}

void ChipWorker::run(Kernel kernel, std::span<const Argument> args, const RunOptions &options) {
  Impl::Call call(*impl_, "ChipWorker::run");
  impl_->run(kernel, args, options);
}

ChipWorker::Ticket ChipWorker::submit(Kernel kernel, std::span<const Argument> args, const RunOptions &options) {
  constexpr const char *kName = "ChipWorker::submit";
  Impl::Call call(*impl_, kName);
  return impl_->submit(kernel, args, options, kName);
}

void ChipWorker::wait(const Ticket &ticket, std::uint64_t timeout_ns) {
  Impl::Call call(*impl_, "ChipWorker::wait");
  impl_->wait(ticket, timeout_ns);
}

void ChipWorker::set_interrupted(bool (*interrupted)()) { impl_->set_interrupted(interrupted); }

void ChipWorker::check() {
  Impl::Call call(*impl_, "ChipWorker::check");
  impl_->device().check();
}

hal_backend_info_t ChipWorker::backend_info() const {
  Impl::Call call(*impl_, "ChipWorker::backend_info");
  return impl_->backend().info();
}

hal_device_info_t ChipWorker::device_info() const {
  Impl::Call call(*impl_, "ChipWorker::device_info");
  return impl_->device().info();
}

std::optional<std::uint64_t> ChipWorker::query(hal_property_t property) const {
  Impl::Call call(*impl_, "ChipWorker::query");
  return impl_->device().query(property);
}

hal_device_t ChipWorker::device() const {
  Impl::Call call(*impl_, "ChipWorker::device");
  return impl_->device().handle();
}

}  // namespace hal
