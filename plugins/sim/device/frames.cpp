// SPDX-License-Identifier: Apache-2.0
#include "sim/device/frames.hpp"

#include <unwind.h>

namespace hal::sim::device {
namespace {

struct Walk {
  wire::Frames &frames;
  std::uint64_t start;
  bool started = false;
};

// Skips the frames of the signal handler, which come first.
_Unwind_Reason_Code visit(_Unwind_Context *context, void *raw_walk) {
  Walk &walk = *static_cast<Walk *>(raw_walk);
  const std::uint64_t address = _Unwind_GetIP(context);
  walk.started = walk.started || address == walk.start;
  if (!walk.started) return _URC_NO_REASON;
  if (address == 0 || walk.frames.count == wire::kMaxFrames) return _URC_END_OF_STACK;
  walk.frames.addresses[walk.frames.count++] = address;
  return _URC_NO_REASON;
}

// The return address after a jump to an address without code, which has no unwind information.
std::uint64_t caller_of_missing_code([[maybe_unused]] const ucontext_t &context) noexcept {
#if defined(__x86_64__)
  return *reinterpret_cast<const std::uint64_t *>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.regs[30];
#else
  return 0;
#endif
}

}  // namespace

std::uint64_t program_counter([[maybe_unused]] const ucontext_t &context) noexcept {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.pc;
#else
  return 0;
#endif
}

std::uint64_t stack_pointer([[maybe_unused]] const ucontext_t &context) noexcept {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.sp;
#else
  return 0;
#endif
}

void capture_frames(const ucontext_t &context, wire::Frames &frames) noexcept {
  frames.count = 0;
  Walk walk = {frames, program_counter(context)};
  _Unwind_Backtrace(visit, &walk);
  if (frames.count > 1) return;
  frames.addresses[0] = walk.start;
  frames.count = 1;
  if (const std::uint64_t caller = caller_of_missing_code(context); caller != 0)
    frames.addresses[frames.count++] = caller;
}

}  // namespace hal::sim::device
