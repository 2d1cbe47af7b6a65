// SPDX-License-Identifier: Apache-2.0
//
// hal-soak [--part N]: repeats launches, opens and closes, the pair, and crashes with resets in one process, on the
// backend of HAL_BACKEND. The resources of the host process and the device process after a tenth of the rounds must be
// the same at the end. --part N runs 1/N of the rounds.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "hal/hal.h"
#include "hal/share_mem.h"
#include "usage.hpp"

namespace hal::soak {
namespace {

constexpr int kLaunches = 100'000;
constexpr int kOpens = 1'000;
constexpr int kPairs = 10'000;
constexpr int kCrashes = 10'000;
constexpr std::uint32_t kBlocks = 4;
constexpr std::uint64_t kPairBytes = 64 << 10;

void check(int status, const char *what) {
  if (status == HAL_OK) return;
  hal_error_info_t error = {};
  error.struct_size = sizeof error;
  hal_last_error(&error);
  std::fprintf(stderr, "hal-soak: %s: %s (%s)\n", what, error.message, error.hint);
  std::exit(EXIT_FAILURE);
}

struct World {
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  hal_kernel_t kernel = nullptr;
  hal_kernel_t crash = nullptr;
  std::string object;
  hal_mem_t counters = nullptr;
  std::int64_t device_process = 0;
};

// Creates the objects that a reset destroys.
void fill_device(World &world) {
  hal_executable_t object = nullptr;
  check(hal_executable_load_file(world.device, world.object.c_str(), &object), "hal_executable_load_file");
  check(hal_executable_find(object, "add_one", &world.kernel), "hal_executable_find");
  check(hal_executable_find(object, "crash", &world.crash), "hal_executable_find");
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = kBlocks * sizeof(std::uint32_t);
  check(hal_mem_alloc(world.device, &desc, &world.counters), "hal_mem_alloc");
  std::uint64_t process = 0;
  if (hal_device_query(world.device, HAL_PROPERTY_DEVICE_PROCESS_ID, &process) == HAL_OK)
    world.device_process = static_cast<std::int64_t>(process);
}

World open_world() {
  World world;
  check(hal_init(HAL_ABI_DRAFT), "hal_init");
  check(hal_backend_select(nullptr, &world.backend), "hal_backend_select");
  hal_backend_info_t info = {};
  info.struct_size = sizeof info;
  check(hal_backend_info(world.backend, &info), "hal_backend_info");
  check(hal_device_open(world.backend, 0, &world.device), "hal_device_open");
  world.object = std::string(HAL_SOAK_KERNELS) + "/" + info.name + "/soak-kernels.so";
  fill_device(world);
  return world;
}

// Waits for one submit in sixteen, so that the ring is sometimes full and sometimes idle.
void launch(const World &world, int round) {
  hal_arg_t arg = {};
  arg.type = HAL_ARG_MEM;
  arg.access = HAL_ACCESS_READ | HAL_ACCESS_WRITE;
  arg.mem = world.counters;
  hal_launch_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kernel = world.kernel;
  desc.block_count = kBlocks;
  desc.args = &arg;
  desc.arg_count = 1;
  std::uint64_t ticket = 0;
  check(hal_kernel_launch(&desc, &ticket), "hal_kernel_launch");
  hal_stream_t stream = nullptr;
  check(hal_device_stream(world.device, &stream), "hal_device_stream");
  if (round % 16 == 0) check(hal_stream_wait(stream, ticket, HAL_TIMEOUT_FOREVER), "hal_stream_wait");
}

void open_and_close(const World &world) {
  hal_device_t device = nullptr;
  check(hal_device_open(world.backend, 1, &device), "hal_device_open");
  check(hal_device_close(device), "hal_device_close");
}

void pair() {
  void *host = nullptr;
  void *device = nullptr;
  check(mallocHostDeviceShareMem(0, kPairBytes, &host, &device), "mallocHostDeviceShareMem");
  std::memset(host, 1, kPairBytes);
  check(freeHostDeviceShareMem(0, host), "freeHostDeviceShareMem");
}

void crash_and_reset(World &world) {
  hal_launch_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kernel = world.crash;
  desc.block_count = kBlocks;
  std::uint64_t ticket = 0;
  check(hal_kernel_launch(&desc, &ticket), "hal_kernel_launch");
  if (const hal_status_t status = hal_device_wait(world.device, HAL_TIMEOUT_FOREVER); status != HAL_ERR_KERNEL_FAULT) {
    std::fprintf(stderr, "hal-soak: a crashing kernel ended with %s, not with KERNEL_FAULT\n",
                 hal_status_string(status));
    std::exit(EXIT_FAILURE);
  }
  check(hal_device_reset(world.device), "hal_device_reset");
  fill_device(world);
  launch(world, 0);  // the device works again
}

// True if nothing grew between a tenth and the end.
bool soak(const World &world, const char *name, int rounds, const std::function<void(int)> &round) {
  Usage host;
  Usage device;
  for (int i = 1; i <= rounds; ++i) {
    round(i);
    if (i != rounds / 10 && i != rounds) continue;
    check(hal_device_wait(world.device, HAL_TIMEOUT_FOREVER), "hal_device_wait");
    if (i == rounds) break;
    host = usage_of(0);
    device = usage_of(world.device_process);
  }
  const Usage host_after = usage_of(0);
  const Usage device_after = usage_of(world.device_process);
  const std::string host_growth = growth(host, host_after);
  const std::string device_growth = growth(device, device_after);
  std::printf("%s, %d times\n  host    %s\n       -> %s\n  device  %s\n       -> %s\n", name, rounds,
              describe(host).c_str(), describe(host_after).c_str(), describe(device).c_str(),
              describe(device_after).c_str());
  if (!host_growth.empty()) std::printf("  FAILED: in the host process, %s\n", host_growth.c_str());
  if (!device_growth.empty()) std::printf("  FAILED: in the device process, %s\n", device_growth.c_str());
  return host_growth.empty() && device_growth.empty();
}

// Checks that every launch ran every block once.
void check_counters(const World &world, std::uint32_t launches) {
  std::uint32_t counters[kBlocks] = {};
  std::uint64_t ticket = 0;
  check(hal_copy_from_device(nullptr, counters, world.counters, 0, sizeof counters, &ticket), "hal_copy_from_device");
  check(hal_device_wait(world.device, HAL_TIMEOUT_FOREVER), "hal_device_wait");
  for (const std::uint32_t counter : counters) {
    if (counter == launches) continue;
    std::fprintf(stderr, "hal-soak: a block ran %u times, not %u\n", counter, launches);
    std::exit(EXIT_FAILURE);
  }
}

}  // namespace
}  // namespace hal::soak

int main(int argc, char **argv) {
  using namespace hal::soak;
  const int part = argc == 3 && std::strcmp(argv[1], "--part") == 0 ? std::atoi(argv[2]) : 1;
  if (part < 1 || part > 100 || (argc != 1 && argc != 3)) {
    std::fprintf(stderr, "usage: hal-soak [--part 1..100]\n");
    return 2;
  }
  World world = open_world();
  const std::uint32_t zero[kBlocks] = {};
  std::uint64_t ticket = 0;
  check(hal_copy_to_device(nullptr, world.counters, 0, zero, sizeof zero, &ticket), "hal_copy_to_device");
  pair();  // the first pair opens libhal and keeps it open
  bool good = soak(world, "launch", kLaunches / part, [&](int i) { launch(world, i); });
  check_counters(world, static_cast<std::uint32_t>(kLaunches / part));
  good = soak(world, "device open and close", kOpens / part, [&](int) { open_and_close(world); }) && good;
  good = soak(world, "pair malloc and free", kPairs / part, [&](int) { pair(); }) && good;
  good = soak(world, "crash and reset", kCrashes / part, [&](int) { crash_and_reset(world); }) && good;
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
