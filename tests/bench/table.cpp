// SPDX-License-Identifier: Apache-2.0
//
// Each case with its yardstick and its goal: a ratio to the yardstick, a time, or both.
#include "report.hpp"

namespace hal::bench {
namespace {

constexpr Row kRows[] = {
    {"hal_abi_draft", "query/abi_draft", "yardstick/table_call", 3, 0},
    {"hal_device_query through core and plugin", "query/device", "yardstick/table_call_counted", 2, 0},
    {"launch + wait, 1 empty block, device process", "launch_wait/process/1", "yardstick/spin_process", 2, 0},
    {"the same, device threads", "launch_wait/threads/1", "yardstick/spin_thread", 2, 0},
    {"the same after 2 ms idle, device process", "after_idle/process", "yardstick/spin_process", 0, 30e3},
    {"48 empty blocks, device process", "launch_wait/process/48", "yardstick/openmp/48", 0.6, 500},
    {"48 empty blocks, device threads", "launch_wait/threads/48", "yardstick/openmp/48", 0.6, 500},
    {"1024 empty blocks, device process", "launch_wait/process/1024", "yardstick/openmp/1024", 1.2, 4e3},
    {"1024 empty blocks, device threads", "launch_wait/threads/1024", "yardstick/openmp/1024", 1.2, 4e3},
    {"1024 empty blocks, device process", "launch_wait/process/1024", "yardstick/direct/1024", 0, 0},
    {"10,000 queued, each, 1 block, device process", "queued/process/1", "yardstick/spin_process", 0, 100},
    {"10,000 queued, each, 48 blocks, device process", "queued/process/48", "yardstick/direct/48", 0, 1e3},
    {"10,000 queued, each, 1,024 blocks, device process", "queued/process/1024", "yardstick/direct/1024", 0, 10e3},
    {"10,000 queued, each, 1 block, device threads", "queued/threads/1", "yardstick/spin_thread", 0, 100},
    {"launch + wait, 1 empty block, device process", "launch_wait/process/1", "yardstick/pocl_launch/1", 1 / 200.0, 0},
    {"48 empty blocks, device process", "launch_wait/process/48", "yardstick/pocl_launch/48", 1 / 30.0, 0},
    {"1024 empty blocks, device process", "launch_wait/process/1024", "yardstick/pocl_launch/1024", 1 / 10.0, 0},
    {"10,000 queued, each, 1 block, device process", "queued/process/1", "yardstick/pocl_queued/1", 1 / 40.0, 0},
    {"10,000 queued, each, 48 blocks, device process", "queued/process/48", "yardstick/pocl_queued/48", 1 / 5.0, 0},
    {"10,000 queued, each, 1,024 blocks, device process", "queued/process/1024", "yardstick/pocl_queued/1024", 1 / 2.0,
     0},
    {"48 blocks of 1 us, device process (ideal 0.5)", "busy/process", "yardstick/busy_direct", 0.55, 0},
    {"48 blocks of 1 us, device threads (ideal 0.5)", "busy/threads", "yardstick/busy_direct", 0.55, 0},
    {"48 blocks of 1 us, device process", "busy/process", "yardstick/busy_openmp", 1.04, 0},
    {"DEVICE alloc + free, 4 KiB, HAL_SIM_SANITIZE=0", "alloc_free/device/4096", "yardstick/malloc_free/4096", 0, 150},
    {"DEVICE alloc + free, 2 MiB, HAL_SIM_SANITIZE=0", "alloc_free/device/2097152", "yardstick/mmap_munmap/2097152", 0,
     1e3},
    {"DEVICE alloc + free, 4 KiB, sanitizing on against off", "alloc_free/device_sanitized/4096",
     "alloc_free/device/4096", 0, 0},
    {"DEVICE alloc + free, 2 MiB, sanitizing on against off", "alloc_free/device_sanitized/2097152",
     "alloc_free/device/2097152", 0, 0},
    {"pair malloc + free, 4 KiB", "pair/untouched/4096", "yardstick/mmap_munmap/4096", 0, 3e3},
    {"pair malloc + free, 2 MiB", "pair/untouched/2097152", "yardstick/mmap_munmap/2097152", 0, 3e3},
    {"pair malloc + free, 256 MiB", "pair/untouched/268435456", "yardstick/mmap_munmap/268435456", 0, 3e3},
    {"pair malloc + touch + free, 4 KiB", "pair/touched/4096", "yardstick/mmap_touch/4096", 0, 0},
    {"pair malloc + touch + free, 2 MiB", "pair/touched/2097152", "yardstick/mmap_touch/2097152", 0, 0},
    {"copy to device, 8 B", "copy_to_device/8", "yardstick/memcpy/8", 0, 100},
    {"copy to device, 64 KiB", "copy_to_device/65536", "yardstick/memcpy/65536", 1.05, 0},
    {"copy to device, 16 MiB", "copy_to_device/16777216", "yardstick/memcpy/16777216", 0.77, 0},
    {"copy to device, 256 MiB", "copy_to_device/268435456", "yardstick/memcpy/268435456", 1, 0},
    {"copy from device, 64 KiB", "copy_from_device/65536", "yardstick/memcpy/65536", 1.05, 0},
    {"copy from device, 16 MiB", "copy_from_device/16777216", "yardstick/memcpy/16777216", 0.77, 0},
    {"copy from device, 256 MiB", "copy_from_device/268435456", "yardstick/memcpy/268435456", 1, 0},
    {"device open", "device/open", "yardstick/empty_process", 0, 2e6},
    {"device open + close", "device/open_close", "yardstick/empty_process", 0, 0},
    {"device open to the end of the first launch", "device/open_to_first_launch", "device/open", 0, 0},
    {"from a kernel's fault to the waiter's return", "crash/fault_to_return", "yardstick/empty_process", 0, 0},
    {"device reset after a crash", "crash/reset", "device/open", 0, 0},
    {"from the end of the device process to a sleeping waiter's return, 50th percentile", "crash/death_to_return/50",
     "yardstick/empty_process", 0, 10e6},
    {"the same, 99th percentile", "crash/death_to_return/99", "yardstick/empty_process", 0, 10e6},
    {"1 block of 1 ms while another device crashes in a loop", "neighbour/crashes/1", "neighbour/nothing/1", 0, 0},
    {"the same, compared with a loop that starts processes", "neighbour/crashes/1", "neighbour/processes/1", 0, 0},
    {"48 blocks of 1 us while another device crashes in a loop", "neighbour/crashes/48", "neighbour/nothing/48", 0, 0},
    {"the same, compared with a loop that starts processes", "neighbour/crashes/48", "neighbour/processes/48", 0, 0},
    {"hal_init + select, four plugins", "start/init_and_select", "yardstick/dlopen_and_scan", 8, 1e6},
    {"the whole process of this program", "start/process", "yardstick/empty_process", 0, 0},
    {"halprobe list --no-isolate, four plugins", "halprobe/list_no_isolate", "yardstick/empty_process", 4, 0},
    {"halprobe list, four plugins, a process each", "halprobe/list", "yardstick/empty_process", 12, 0},
};

}  // namespace

std::span<const Row> rows() { return kRows; }

}  // namespace hal::bench
