// SPDX-License-Identifier: Apache-2.0
//
// The memory that the host side of a simulator shares with its device process: a ring of commands, the progress of each
// stream, two doorbells, and the record of a fault. Both sides belong to the same build, which kWireVersion checks, so
// the layout may change.
#ifndef HAL_PLUGINS_SIM_WIRE_WIRE_HPP_
#define HAL_PLUGINS_SIM_WIRE_WIRE_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sim/wire/doorbell.hpp"
#include "sim/wire/kill_points.hpp"

namespace hal::sim::wire {

inline constexpr std::uint32_t kWireVersion = 7;
inline constexpr std::uint32_t kRingSlots = 1024;
inline constexpr std::uint32_t kMaxStreams = 256;
inline constexpr std::uint32_t kMaxWorkers = 64;
inline constexpr std::uint32_t kMaxBlocks = 65'535;
inline constexpr std::uint32_t kMaxArguments = 48;
inline constexpr std::uint32_t kMaxTensors = 32;
inline constexpr std::uint32_t kDescriptorBytes = 128;
inline constexpr std::uint32_t kNoStream = UINT32_MAX;
inline constexpr std::uint32_t kCostSlots = 256;
inline constexpr std::uint32_t kMaxFrames = 16;

enum class CommandKind : std::uint8_t { kLaunch = 1, kCopy, kFill };

// One entry of the ring. The host writes it, `sequence` last. The device reads it before it raises `consumed`. The
// fields that every command has share one cache line with the sequence, so a launch without arguments transfers one
// cache line.
struct alignas(64) Command {
  std::atomic<std::uint64_t> sequence;  // the command's number + 1, once the command is published
  CommandKind kind;
  std::uint8_t convention;  // launch
  std::uint8_t argument_count;
  std::uint8_t engine;  // HAL_ENGINE_*
  std::uint32_t stream;
  std::uint64_t ticket;
  std::uint64_t function;     // launch: the kernel's address in the device process; copy, fill: destination
  std::uint64_t source;       // copy: source; fill: the byte
  std::uint64_t size_bytes;   // copy, fill
  std::uint32_t block_count;  // launch, and all that follows
  std::uint32_t kernel_id;    // by which the host finds the kernel's name
  std::uint64_t timeout_ns;
  std::uint64_t words[kMaxArguments];
  std::uint8_t forms[kMaxArguments];  // how each word is passed: HAL_DTYPE_* of a scalar, or one of the two below
};

inline constexpr std::uint8_t kAddressWord = 0xff;     // the word itself
inline constexpr std::uint8_t kDescriptorWord = 0xfe;  // the address of the slot's descriptor with the same index

static_assert(offsetof(Command, words) == 64);

// The tensor descriptors of one launch, for kernels that take descriptors. Each ring slot has one array.
struct alignas(64) Descriptors {
  std::byte bytes[kMaxTensors][kDescriptorBytes];
};

struct alignas(64) StreamProgress {
  std::atomic<std::uint64_t> completed;  // the newest completed ticket
};

// kOverdue: the host ended the device process, which did not keep a launch's time limit.
enum class FaultCause : std::uint32_t { kSignal = 1, kTimeout, kSanitizer, kExit, kOverdue };
enum class FaultAccess : std::uint32_t { kUnknown = 0, kRead, kWrite };

// The interrupted instruction of a thread, then the return addresses of its callers.
struct Frames {
  std::uint32_t count;
  std::uint64_t addresses[kMaxFrames];
};

// Why the device process ended itself, or why the host ended it. The thread that moves `state` from kNone to kWriting
// writes the record. From kReported on, everything except the frames is valid. Walking the stack may fail; the process
// then ends without reaching kWritten.
struct alignas(64) Fault {
  enum State : std::uint32_t { kNone = 0, kWriting, kReported, kWritten };
  std::atomic<std::uint32_t> state;
  FaultCause cause;
  FaultAccess access;
  std::uint8_t engine;  // of the launch
  std::int32_t signal;
  std::int32_t signal_code;
  std::uint32_t stream;  // kNoStream: no launch was running on that thread
  std::uint32_t kernel_id;
  std::uint32_t block;
  std::uint64_t ticket;
  std::uint64_t address;
  std::uint64_t stack_pointer;
  std::uint64_t stack_begin;  // of the thread; both are 0 if unknown
  std::uint64_t stack_end;
  std::uint64_t elapsed_ns;
  Frames frames;
};

// The block that one worker runs when its launch reaches its time limit. A signal asks the worker's thread to write it.
struct alignas(64) RunningBlock {
  enum State : std::uint32_t { kNotAsked = 0, kAsked, kIdle, kRunning };
  std::atomic<std::uint32_t> state;
  std::uint32_t block;
  Frames frames;
};

// How workers share the blocks of the running launch.
//
// The word `claim` decides which worker runs which block. It holds the launch's generation (its command's number + 1,
// 32 bits), the number of its blocks and the next block to run (16 bits each). A worker takes a range of blocks by
// compare-and-swap, so each range belongs to one worker. If a worker with an old copy of the word tries to take blocks,
// the swap fails. If the swap succeeds, the launch is not complete, because these blocks are not. The dispatcher does
// not change what it wrote for a launch, before it published `claim`, until all blocks are complete.
//
// `wanted` is the generation that helpers should help with. The dispatcher sets it, or a host that waits long. Nobody
// needs to clear it, because the next launch has another generation. A helper checks both words after it has registered
// at the doorbell, and the doorbell rings after `wanted` is written, so no call is lost.
struct alignas(64) Sharing {
  std::atomic<std::uint64_t> claim;
  alignas(64) std::atomic<std::uint32_t> wanted;
  Doorbell helper_doorbell;

  // Estimated nanoseconds of one block of each kernel, by the kernel's id. 0: unknown.
  alignas(64) std::atomic<std::uint32_t> block_ns[kCostSlots];

  static std::uint64_t pack(std::uint64_t command_number, std::uint64_t blocks, std::uint64_t next) noexcept {
    return (command_number + 1) << 32 | blocks << 16 | next;
  }
  static std::uint32_t generation(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32); }
  static std::uint32_t next(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word & 0xffff); }
  static std::uint32_t left(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 16 & 0xffff) - next(word);
  }
  std::atomic<std::uint32_t> &cost_of(std::uint32_t kernel_id) noexcept { return block_ns[kernel_id % kCostSlots]; }

  bool has_blocks() const noexcept { return left(claim.load(std::memory_order_relaxed)) != 0; }
  // Whether there are blocks that helpers should run.
  bool is_help_wanted() const noexcept {
    const std::uint64_t word = claim.load(std::memory_order_acquire);
    return left(word) != 0 && wanted.load(std::memory_order_relaxed) == generation(word);
  }
  // Asks helpers to run the remaining blocks of the running launch, if there are any.
  void call_helpers() noexcept {
    const std::uint64_t word = claim.load(std::memory_order_acquire);
    if (left(word) == 0) return;
    if (wanted.load(std::memory_order_relaxed) != generation(word))
      wanted.store(generation(word), std::memory_order_release);
    helper_doorbell.ring();
  }
};
static_assert(kMaxBlocks <= 0xffff);

// Work that takes at least this long is worth sharing. It is the time of two wake-ups.
inline constexpr std::uint64_t kWorthSharingNs = 40'000;

struct Control {
  std::uint32_t version;
  std::uint32_t worker_count;
  std::uint32_t may_spin;  // 0 on a machine with one processor

  alignas(64) std::atomic<std::uint64_t> consumed;  // number of commands that the device has completed
  Doorbell device_doorbell;                         // the host rings it when there is work
  Doorbell host_doorbell;                           // the device rings it at a completion and at a fault
  LastProcessor device_processor;                   // of the dispatcher
  LastProcessor host_processor;                     // of the host thread that last submitted or waited
  std::atomic<std::uint32_t> stop;                  // the engine's threads end when they next check it
  std::atomic<std::uint32_t> window_open;           // 1: the device process could not protect the shared window
  Sharing sharing;
  Fault fault;
  RunningBlock running_blocks[kMaxWorkers];
  KillPoints kill_points;
  StreamProgress streams[kMaxStreams];
  Command ring[kRingSlots];
  Descriptors descriptors[kRingSlots];
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the ring needs lock-free 64-bit atomics");

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_WIRE_HPP_
