// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>
#include <memory>
#include <string>

#include "api/api_call.hpp"
#include "backends/file.hpp"
#include "diagnostics/struct_rules.hpp"
#include "objects/device_children.hpp"
#include "objects/executable.hpp"
#include "objects/stream.hpp"

namespace hal::core {
namespace {

constexpr std::uint64_t kMaxExecutableBytes = std::uint64_t{1} << 30;
constexpr const char *kDefaultKernel = "kernel_entry";

hal_status_t load(Device &device, const void *data, std::uint64_t size, const std::string &label,
                  hal_executable_t *handle) {
  SlotReservation slot(Executable::kType);
  auto executable = std::make_unique<Executable>(device, label, slot.handle());
  hal_pexec_t pexec = nullptr;
  const hal_status_t status = device.call<&Ops::executable_load>("executable_load", data, size, label.c_str(), &pexec);
  if (status != HAL_OK) return status;
  executable->set_pexec(pexec);
  device.children().add(*executable);
  *handle = make_handle<hal_executable_t>(executable->handle());
  slot.publish(executable.release());
  return HAL_OK;
}

hal_status_t fail_unreadable(const std::string &path, int error) {
  const std::string message = fmt::format("executable {} cannot be read", path);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return fail_errno(HAL_ERR_NOT_FOUND, error, message, "check the path");
    case EACCES:
    case EPERM:
      return fail_errno(HAL_ERR_PERMISSION_DENIED, error, message, "make the file readable for this process");
    case ENOMEM:
      return fail_errno(HAL_ERR_OUT_OF_MEMORY, error, message, "free memory");
    case EFBIG:
      return fail_errno(HAL_ERR_INVALID_ARGUMENT, error, message,
                        fmt::format("use an executable of at most {} bytes", kMaxExecutableBytes));
    default:
      return fail_errno(HAL_ERR_INVALID_ARGUMENT, error, message, "pass the path of a kernel object");
  }
}

hal_status_t load_file(Device &device, const std::string &path, hal_executable_t *handle) {
  FileBytes file;
  if (const int error = read_file(path, kMaxExecutableBytes, file); error != 0) return fail_unreadable(path, error);
  if (file.bytes.empty())
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("executable {} is empty", path), "build the kernel again");
  return load(device, file.bytes.data(), file.bytes.size(), path, handle);
}

hal_status_t fail_in_call(const Executable &executable) {
  return fail(HAL_ERR_BUSY, fmt::format("another thread is inside a call on executable {}", executable.label()),
              "finish the calls on an executable and its kernels before unloading it");
}

// The caller has claimed the executable.
hal_status_t unload_claimed(Pin<Executable> &pin) {
  if (!pin->claim_kernels()) return fail_in_call(*pin);
  hal_status_t status = HAL_OK;
  if (const auto holder = pin->users().holder())
    status = fail(HAL_ERR_BUSY,
                  fmt::format("executable {} is in use by ticket {} of stream {:#x}", pin->label(), holder->ticket,
                              handle_value(holder->stream)),
                  "wait for the ticket first");
  else
    status = guarded([&] { return pin->device().call<&Ops::executable_unload>("executable_unload", pin->pexec()); });
  if (status != HAL_OK && status != HAL_ERR_DEVICE_LOST) {
    pin->unclaim_kernels();
    return status;
  }
  pin->release_kernels();
  return HAL_OK;
}

hal_status_t unload(Pin<Executable> &pin) {
  if (!pin.claim()) return fail_in_call(*pin);
  if (const hal_status_t status = unload_claimed(pin); status != HAL_OK) {
    pin.unclaim();
    return status;
  }
  pin->device().children().remove(*pin);
  delete pin.release();
  return HAL_OK;
}

}  // namespace
}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_executable_load_file(hal_device_t device, const char *path, hal_executable_t *executable) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (path == nullptr) return fail_null("path");
    if (executable == nullptr) return fail_null("executable");
    const Pin<Device> pin(device, "device");
    return pin ? load_file(*pin, path, executable) : pin.status();
  });
}

hal_status_t hal_executable_load_data(hal_device_t device, const void *data, uint64_t size_bytes,
                                      hal_executable_t *executable) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (data == nullptr) return fail_null("data");
    if (executable == nullptr) return fail_null("executable");
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    if (size_bytes == 0) return fail(HAL_ERR_INVALID_ARGUMENT, "size_bytes is 0", "pass the bytes of a kernel object");
    if (size_bytes > kMaxExecutableBytes)
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("size_bytes is {}", size_bytes),
                  fmt::format("use an executable of at most {} bytes", kMaxExecutableBytes));
    return load(*pin, data, size_bytes, "bytes", executable);
  });
}

hal_status_t hal_executable_unload(hal_executable_t executable) {
  return api_call(__func__, [&]() -> hal_status_t {
    Pin<Executable> pin(executable, "executable");
    return pin ? unload(pin) : pin.status();
  });
}

hal_status_t hal_executable_find(hal_executable_t executable, const char *name, hal_kernel_t *kernel) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (kernel == nullptr) return fail_null("kernel");
    const Pin<Executable> pin(executable, "executable");
    if (!pin) return pin.status();
    if (name != nullptr && *name == '\0')
      return fail(HAL_ERR_INVALID_ARGUMENT, "name is empty", "pass a kernel's name, or NULL for \"kernel_entry\"");
    hal_kernel_t found = nullptr;
    const hal_status_t status = pin->find(name != nullptr ? name : kDefaultKernel, &found);
    if (status == HAL_OK) *kernel = found;
    return status;
  });
}
