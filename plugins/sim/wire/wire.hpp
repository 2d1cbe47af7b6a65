// SPDX-License-Identifier: Apache-2.0
//
// What the host side of a simulator and its device process share: one block of memory with a ring of commands, the
// streams' progress, two bells, and the record of a fault. Both sides are always of the same build, which is checked
// by kWireVersion, so the layout is free to change.
#ifndef HAL_PLUGINS_SIM_WIRE_WIRE_HPP_
#define HAL_PLUGINS_SIM_WIRE_WIRE_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "sim/wire/bell.hpp"

namespace hal::sim::wire {

inline constexpr std::uint32_t kWireVersion = 4;
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

// One entry of the ring. Written by the host, `sequence` last, and read by the device before it raises `consumed`. What
// every command has lies in one cache line with its sequence: a launch without arguments costs one line to send.
struct alignas(64) Command {
  std::atomic<std::uint64_t> sequence;  // the command's number + 1: it is published
  CommandKind kind;
  std::uint8_t convention;  // launch
  std::uint8_t argument_count;
  std::uint8_t engine;  // HAL_ENGINE_*
  std::uint32_t stream;
  std::uint64_t ticket;
  std::uint64_t function;     // launch: where the kernel is in the device process; copy, fill: destination
  std::uint64_t source;       // copy: source; fill: the byte
  std::uint64_t size_bytes;   // copy, fill
  std::uint32_t block_count;  // launch, from here on
  std::uint32_t kernel_id;    // the host's, for messages
  std::uint64_t timeout_ns;
  std::uint64_t words[kMaxArguments];
  std::uint8_t forms[kMaxArguments];  // how each word is passed: HAL_DTYPE_* of a scalar, or one of the two below
};

inline constexpr std::uint8_t kAddressWord = 0xff;     // as it is
inline constexpr std::uint8_t kDescriptorWord = 0xfe;  // the address of this slot's descriptor of the same number

static_assert(offsetof(Command, words) == 64);

// What a stream's tensors look like to kernels that take descriptors: one array per ring slot.
struct alignas(64) Descriptors {
  std::byte bytes[kMaxTensors][kDescriptorBytes];
};

struct alignas(64) StreamProgress {
  std::atomic<std::uint64_t> completed;  // the newest ticket that is done
};

enum class FaultCause : std::uint32_t { kSignal = 1, kTimeout, kSanitizer, kExit };
enum class FaultAccess : std::uint32_t { kUnknown = 0, kRead, kWrite };

// Where a thread was: the interrupted instruction, then the return addresses of its callers.
struct Frames {
  std::uint32_t count;
  std::uint64_t addresses[kMaxFrames];
};

// Why the device process ended itself. Written once, by whoever moves `state` from kNone to kWriting. From kTold on,
// all but the frames is there: looking for these may fail, and then the process is gone without kWritten.
struct alignas(64) Fault {
  enum State : std::uint32_t { kNone = 0, kWriting, kTold, kWritten };
  std::atomic<std::uint32_t> state;
  FaultCause cause;
  FaultAccess access;
  std::uint8_t engine;  // of the launch
  std::int32_t signal;
  std::int32_t signal_code;
  std::uint32_t stream;  // kNoStream: no launch was running on that thread
  std::uint32_t kernel_id;
  std::uint32_t block;
  std::uint32_t worker;
  std::uint64_t ticket;
  std::uint64_t address;
  std::uint64_t stack_pointer;
  std::uint64_t stack_begin;  // of the thread; both 0 = not known
  std::uint64_t stack_end;
  std::uint64_t elapsed_ns;
  Frames frames;
};

// What one worker was at when its launch ran out of time. Written by its own thread, asked by a signal.
struct alignas(64) Straggler {
  enum State : std::uint32_t { kNotAsked = 0, kAsked, kIdle, kRunning };
  std::atomic<std::uint32_t> state;
  std::uint32_t block;
  Frames frames;
};

// The places in the device process where it can be told to die, by HAL_FAULTS.
enum class DeathPoint : std::uint32_t {
  kDeviceMap,  // its memory is mapped, the host not told yet
  kRingPop,    // a command was taken from the ring
  kBlockStart,
  kBlockEnd,
  kCompletionWrite,  // a command is done, which nobody can see yet
  kCompletionRing,   // it can be seen, the host is not woken yet
  kDeviceIdle,       // before the dispatcher sleeps
  kRequestTake,      // a request of the host was read
  kRequestAnswer,    // and carried out, not answered yet
  kCount
};
inline constexpr const char *kDeathPointSites[] = {"sim.device_map",  "sim.ring_pop",         "sim.block_start",
                                                   "sim.block_end",   "sim.completion_write", "sim.completion_ring",
                                                   "sim.device_idle", "sim.request_take",     "sim.request_answer"};
static_assert(std::size(kDeathPointSites) == static_cast<std::size_t>(DeathPoint::kCount));

// Which pass of each point is the last. The counts go on over all devices of a host process, one after the other.
struct alignas(64) Deaths {
  std::uint32_t ordered;  // 0: none of them, and nothing is counted
  struct Point {
    std::uint64_t at;  // 0 = never, UINT64_MAX = each
    std::atomic<std::uint64_t> passed;
  } points[static_cast<std::size_t>(DeathPoint::kCount)];

  // Ends the process if it is told to.
  void pass(DeathPoint point) noexcept {
    if (ordered != 0) [[unlikely]]
      count(point);
  }

 private:
  void count(DeathPoint point) noexcept;
};

// How the blocks of the launch under way are shared among workers.
//
// claim is the one word that decides who runs what: the launch's generation (its command's number + 1, 32 bits), how
// many blocks it has and which is next (16 bits each). A range of blocks is taken by compare-and-swap, so it belongs to
// one worker. Who takes one late holds either an old word, and the swap fails, or blocks of a launch that is not done,
// since those blocks are not: what the dispatcher wrote for the launch before it published claim stays as it is until
// they are.
//
// wanted is the generation that helpers are asked to help with, by the dispatcher or by a host that waits long. It need
// not be taken back: another launch has another generation. A helper looks at both words after it has registered at the
// bell, and whoever asks rings after it has written wanted, so a call is not lost.
struct alignas(64) Sharing {
  std::atomic<std::uint64_t> claim;
  alignas(64) std::atomic<std::uint32_t> wanted;
  Bell helper_bell;

  // Nanoseconds of one block of each kernel, by its id, as far as they are known; 0 = not known. Only a hint.
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
  // Whether there are blocks that helpers are asked to run.
  bool is_help_wanted() const noexcept {
    const std::uint64_t word = claim.load(std::memory_order_acquire);
    return left(word) != 0 && wanted.load(std::memory_order_relaxed) == generation(word);
  }
  // Asks helpers for the blocks that are left of the launch under way, if any.
  void call_helpers() noexcept {
    const std::uint64_t word = claim.load(std::memory_order_acquire);
    if (left(word) == 0) return;
    if (wanted.load(std::memory_order_relaxed) != generation(word))
      wanted.store(generation(word), std::memory_order_release);
    helper_bell.ring();
  }
};
static_assert(kMaxBlocks <= 0xffff);

// Work that takes as long as this is worth sharing: two wake-ups.
inline constexpr std::uint64_t kWorthSharingNs = 40'000;

struct Control {
  std::uint32_t version;
  std::uint32_t worker_count;
  std::uint32_t may_spin;  // 0 on a machine with one processor

  alignas(64) std::atomic<std::uint64_t> consumed;  // commands done by the device, ever
  Bell device_bell;                                 // rung by the host: there is work
  Bell host_bell;                                   // rung by the device: something is done, or all is over
  Whereabouts device_at;                            // the dispatcher
  Whereabouts host_at;                              // who submitted or waited last
  std::atomic<std::uint32_t> stop;                  // the engine's threads end at the next look
  Sharing sharing;
  Fault fault;
  Straggler stragglers[kMaxWorkers];
  Deaths deaths;
  StreamProgress streams[kMaxStreams];
  Command ring[kRingSlots];
  Descriptors descriptors[kRingSlots];
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the ring needs lock-free 64-bit atomics");

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_WIRE_HPP_
