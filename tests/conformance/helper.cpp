// SPDX-License-Identifier: Apache-2.0
//
// The program for tests that need another process.
//   stranger OBJECT SECRET DEVICE_ADDRESS MAPPED_ADDRESS HOST_ADDRESS   looks for the memory of another process
//   launch OBJECT KERNEL BLOCKS                                         launches a kernel and prints its outcome
//   select BACKEND                                                      selects a backend and prints the outcome
//   entry QUESTION PLUGIN                                               loads a plugin without libhal: entry_probe.hpp
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "entry_probe.hpp"
#include "hal/hal.h"

namespace {

hal_device_t device;
hal_stream_t stream;

// Ends the process if a call that must succeed has failed.
void must(hal_status_t status, const char *what) {
  if (status == HAL_OK) return;
  hal_error_info_t info{};
  info.struct_size = sizeof info;
  (void)hal_last_error(&info);
  std::fprintf(stderr, "%s: %s: %s\n", what, hal_status_string(status), info.message);
  std::exit(2);
}

hal_mem_info_t allocate(hal_mem_kind_t kind) {
  hal_mem_desc_t desc{};
  desc.struct_size = sizeof desc;
  desc.kind = kind;
  desc.size_bytes = 4096;
  hal_mem_t mem = nullptr;
  must(hal_mem_alloc(device, &desc, &mem), "hal_mem_alloc");
  hal_mem_info_t info{};
  info.struct_size = sizeof info;
  must(hal_mem_info(mem, &info), "hal_mem_info");
  return info;
}

hal_kernel_t find(const char *object, const char *name) {
  hal_executable_t executable = nullptr;
  hal_kernel_t kernel = nullptr;
  must(hal_executable_load_file(device, object, &executable), object);
  must(hal_executable_find(executable, name, &kernel), name);
  return kernel;
}

hal_arg_t argument(hal_mem_t mem) {
  hal_arg_t arg{};
  arg.type = HAL_ARG_MEM;
  arg.access = HAL_ACCESS_READ | HAL_ACCESS_WRITE;
  arg.mem = mem;
  return arg;
}

hal_status_t launch(hal_kernel_t kernel, const hal_arg_t (&args)[2], std::uint32_t blocks) {
  hal_launch_desc_t desc{};
  desc.struct_size = sizeof desc;
  desc.kernel = kernel;
  desc.block_count = blocks;
  desc.args = args;
  desc.arg_count = 2;
  std::uint64_t ticket = 0;
  must(hal_kernel_launch(&desc, &ticket), "hal_kernel_launch");
  return hal_stream_wait(stream, ticket, 20'000'000'000);
}

void fail(const char *what) {
  std::printf("%s\n", what);
  std::exit(1);
}

void expect_unknown(hal_mem_kind_t kind, const char *what) {
  if (kind != HAL_MEM_UNKNOWN) fail(what);
}

void be_a_stranger(char **words) {
  const std::uint64_t secret = std::strtoull(words[1], nullptr, 10);
  const std::uint64_t addresses[] = {std::strtoull(words[2], nullptr, 10), std::strtoull(words[3], nullptr, 10)};
  hal_mem_info_t info{};
  info.struct_size = sizeof info;
  for (const std::uint64_t address : addresses) {
    must(hal_mem_lookup_device(device, address, &info), "hal_mem_lookup_device");
    expect_unknown(info.kind, "the other process's device address is known here");
  }
  const auto *host = reinterpret_cast<const void *>(static_cast<std::uintptr_t>(std::strtoull(words[4], nullptr, 10)));
  must(hal_mem_lookup_host(device, host, &info), "hal_mem_lookup_host");
  expect_unknown(info.kind, "the other process's host address is known here");

  // New memory of this process, perhaps at the same addresses: the host reads it, then a kernel.
  const hal_mem_info_t own = allocate(HAL_MEM_DEVICE);
  const hal_mem_info_t out = allocate(HAL_MEM_HOST_MAPPED);
  std::uint64_t word = 0;
  std::uint64_t ticket = 0;
  must(hal_copy_from_device(stream, &word, own.mem, 0, 8, &ticket), "hal_copy_from_device");
  must(hal_stream_wait(stream, ticket, HAL_TIMEOUT_FOREVER), "hal_stream_wait");
  if (word == secret) fail("new device memory holds the other process's bytes");
  auto *seen = static_cast<std::uint64_t *>(out.host_ptr);
  if (seen[0] == secret) fail("new mapped memory holds the other process's bytes");
  const hal_kernel_t peek = find(words[0], "peek");
  for (const std::uint64_t address : addresses) {
    hal_arg_t args[2] = {argument(out.mem), {}};
    args[1].type = HAL_ARG_ADDR;
    args[1].u.bits = address;
    const hal_status_t status = launch(peek, args, 1);
    if (seen[0] == secret) fail("a kernel read the other process's bytes");
    if (status != HAL_OK) break;  // nothing is mapped there, so the device is lost: that is a valid outcome
  }
  std::printf("saw nothing of another process\n");
}

void launch_one(char **words) {
  const hal_kernel_t kernel = find(words[0], words[1]);
  const auto blocks = static_cast<std::uint32_t>(std::strtoul(words[2], nullptr, 10));
  const hal_arg_t args[2] = {argument(allocate(HAL_MEM_HOST_MAPPED).mem), argument(allocate(HAL_MEM_HOST_MAPPED).mem)};
  std::printf("launch ended with %s\n", hal_status_string(launch(kernel, args, blocks)));
}

int select(const char *name) {
  hal_backend_t backend = nullptr;
  const hal_status_t status = hal_backend_select(name, &backend);
  hal_error_info_t info{};
  info.struct_size = sizeof info;
  (void)hal_last_error(&info);
  std::printf("select: %s\n%s\n%s\n", hal_status_string(status), info.message, info.hint);
  return 0;
}

}  // namespace

int main(int count, char **words) {
  const std::string command = count > 1 ? words[1] : "";
  if (command == "entry" && count == 4) return hal::conformance::probe_entry(words[2], words[3]);
  hal_backend_t backend = nullptr;
  must(hal_init(HAL_ABI_DRAFT), "hal_init");
  if (command == "select" && count == 3) return select(words[2]);
  must(hal_backend_select(nullptr, &backend), "hal_backend_select");
  must(hal_device_open(backend, HAL_DEVICE_DEFAULT, &device), "hal_device_open");
  must(hal_device_stream(device, &stream), "hal_device_stream");
  if (command == "stranger" && count == 7) {
    be_a_stranger(words + 2);
  } else if (command == "launch" && count == 5) {
    launch_one(words + 2);
  } else {
    std::fprintf(stderr, "see the first lines of helper.cpp\n");
    return 2;
  }
  std::fflush(stdout);
  return 0;  // closes nothing: a process may simply end
}
