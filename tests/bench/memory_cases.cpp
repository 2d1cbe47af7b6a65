// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "cases.hpp"
#include "hal/share_mem.h"
#include "measure.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

constexpr int kBatch = 100;
constexpr std::int64_t kPage = 4096;
constexpr std::int64_t kSmall = 64 << 10;
constexpr std::int64_t kMiddle = 16 << 20;
constexpr std::int64_t kLarge = 256 << 20;

std::size_t size_of(const benchmark::State &state) { return static_cast<std::size_t>(state.range(0)); }

int batch_of(const benchmark::State &state) { return state.range(0) < kPage ? kBatch : 1; }

void touch_pages(void *data, std::size_t size) {
  for (std::size_t at = 0; at < size; at += kPage) static_cast<volatile char *>(data)[at] = 1;
}

void malloc_free(benchmark::State &state) {
  measure(state, 1'000, [&] {
    void *data = std::malloc(size_of(state));
    benchmark::DoNotOptimize(data);
    std::free(data);
  });
}

void map_unmap(benchmark::State &state, bool touched) {
  measure(state, 1, [&] {
    void *data =
        mmap(nullptr, size_of(state), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (touched) touch_pages(data, size_of(state));
    munmap(data, size_of(state));
  });
}

hal_mem_t allocate(const Session &session, std::size_t size) {
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = size;
  hal_mem_t mem = nullptr;
  check(hal_mem_alloc(session.device, &desc, &mem), "hal_mem_alloc");
  return mem;
}

void alloc_free(benchmark::State &state, const Session &(*session)()) {
  measure(state, kBatch, [&] { check(hal_mem_free(allocate(session(), size_of(state))), "hal_mem_free"); });
}

void pair(benchmark::State &state, bool touched) {
  process_session();
  measure(state, 1, [&] {
    void *host = nullptr;
    void *device = nullptr;
    check(mallocHostDeviceShareMem(0, size_of(state), &host, &device), "mallocHostDeviceShareMem");
    if (touched) touch_pages(host, size_of(state));
    check(freeHostDeviceShareMem(0, host), "freeHostDeviceShareMem");
  });
}

// Host memory whose pages exist already, so that page faults do not affect the cases. It is page-aligned like the
// device's memory, because the relative offset of two buffers within a page changes the time of a cached copy by up to
// a third.
char *host_buffer(int which) {
  struct Free {
    void operator()(char *data) const { std::free(data); }
  };
  static std::unique_ptr<char, Free> buffers[2];
  if (buffers[which] == nullptr) {
    buffers[which].reset(static_cast<char *>(std::aligned_alloc(kPage, kLarge)));
    if (buffers[which] == nullptr) throw std::bad_alloc();
    std::memset(buffers[which].get(), which + 1, kLarge);
  }
  return buffers[which].get();
}

void plain_memcpy(benchmark::State &state) {
  char *const dst = host_buffer(0);
  const char *const src = host_buffer(1);
  measure(state, batch_of(state), [&] {
    std::memcpy(dst, src, size_of(state));
    benchmark::ClobberMemory();
  });
}

enum class Direction { kTo, kFrom };

void copy(benchmark::State &state, Direction direction) {
  const Session &session = process_session();
  const hal_mem_t mem = allocate(session, size_of(state));
  char *const host = host_buffer(0);
  const auto once = [&] {
    std::uint64_t ticket = 0;
    const hal_status_t status = direction == Direction::kTo
                                    ? hal_copy_to_device(session.stream, mem, 0, host, size_of(state), &ticket)
                                    : hal_copy_from_device(session.stream, host, mem, 0, size_of(state), &ticket);
    check(status, "copy");
    session.wait(ticket);
  };
  once();
  measure(state, batch_of(state), once);
  check(hal_mem_free(mem), "hal_mem_free");
}

void add_copy(const char *name, Direction direction, bool large) {
  auto *made = benchmark::RegisterBenchmark(name, copy, direction)->Arg(8)->Arg(kSmall)->Arg(kMiddle);
  if (large) made->Arg(kLarge);
}

}  // namespace

void add_memory_cases(bool large) {
  benchmark::RegisterBenchmark("yardstick/malloc_free", malloc_free)->Arg(kPage);
  benchmark::RegisterBenchmark("yardstick/mmap_munmap", map_unmap, false)->Arg(kPage)->Arg(2 << 20)->Arg(kLarge);
  benchmark::RegisterBenchmark("yardstick/mmap_touch", map_unmap, true)->Arg(kPage)->Arg(2 << 20);
  auto *memcpy_made = benchmark::RegisterBenchmark("yardstick/memcpy", plain_memcpy)->Arg(8)->Arg(kSmall)->Arg(kMiddle);
  if (large) memcpy_made->Arg(kLarge);
  benchmark::RegisterBenchmark("alloc_free/device", alloc_free, thread_session)->Arg(kPage)->Arg(2 << 20);
  benchmark::RegisterBenchmark("alloc_free/device_sanitized", alloc_free, process_session)->Arg(kPage)->Arg(2 << 20);
  benchmark::RegisterBenchmark("pair/untouched", pair, false)->Arg(kPage)->Arg(2 << 20)->Arg(kLarge);
  benchmark::RegisterBenchmark("pair/touched", pair, true)->Arg(kPage)->Arg(2 << 20);
  add_copy("copy_to_device", Direction::kTo, large);
  add_copy("copy_from_device", Direction::kFrom, large);
}

}  // namespace hal::bench
