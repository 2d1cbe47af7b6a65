// SPDX-License-Identifier: Apache-2.0
#include "sim/host/commands/stream.hpp"

#include <cstring>

namespace hal::sim {
namespace {

// Who only asks must get helpers, too: blocks may wait for one another. Not at the first question: most work is short.
constexpr std::uint32_t kQueriesBeforeHelp = 64;

void write_copy(wire::Command &command, std::uint64_t dst, std::uint64_t src, std::uint64_t size_bytes) {
  command.kind = wire::CommandKind::kCopy;
  command.function = dst;
  command.source = src;
  command.size_bytes = size_bytes;
}

}  // namespace

void Stream::wait(std::uint64_t ticket, std::uint64_t timeout_ns) {
  const auto done = [this, ticket] { return completed() >= ticket; };
  const Waited waited = device_.wait_until(done, {.timeout_ns = timeout_ns,
                                                  .spin = !woke_device_.load(std::memory_order_relaxed),
                                                  .long_work = is_long_.load(std::memory_order_relaxed),
                                                  .at = done_at(ticket)});
  hand_over(completed());
  if (waited == Waited::kDone) return;
  if (waited == Waited::kLost) throw device_.loss(number_, ticket);
  throw plugin::Failure(HAL_ERR_TIMEOUT,
                        "ticket " + std::to_string(ticket) + " is not done after " + std::to_string(timeout_ns) +
                            " ns; ticket " + std::to_string(completed()) + " is the newest that is",
                        "wait longer, or give launches a timeout_ns");
}

void Stream::query(std::uint64_t *completed_ticket) {
  const std::uint64_t submitted = submitted_.load(std::memory_order_acquire);
  std::uint64_t done = completed();
  const bool lost = done < submitted && device_.lost();
  if (lost) done = completed();  // it may have got further before it ended
  if (done < submitted &&
      queries_in_vain_.fetch_add(1, std::memory_order_relaxed) % kQueriesBeforeHelp + 1 == kQueriesBeforeHelp)
    device_.call_helpers();
  hand_over(done);
  *completed_ticket = done;
  if (lost && done < submitted) throw device_.loss(number_, done + 1);
}

// How many commands the device must have done for this ticket to be done; 0 = not known. Known for the newest ticket:
// if newest_ were of a later one already, that one would show in submitted_, which was written before.
std::uint64_t Stream::done_at(std::uint64_t ticket) const {
  const std::uint64_t newest = newest_.load(std::memory_order_acquire);
  return submitted_.load(std::memory_order_relaxed) == ticket ? newest : 0;
}

// For work that the caller has just done itself, with nothing queued before it.
std::uint64_t Stream::complete_at_once() {
  const std::uint64_t ticket = next_ticket();
  submitted_.store(ticket, std::memory_order_relaxed);
  device_.progress(number_).completed.store(ticket, std::memory_order_release);
  return ticket;
}

// Room in the shared window; nothing if the queue is empty or there is none: then the caller copies by itself, when the
// queue is.
std::optional<WindowBlock> Stream::stage(std::uint64_t size_bytes) {
  if (idle()) return std::nullopt;
  plugin::fault_point("sim.stage_alloc");
  return WindowBlock::allocate(device_, size_bytes, 0);
}

// Queues the device's half of a staged copy. The host's half is on the list before the ticket can be done.
std::uint64_t Stream::push_staged(Staged &&staged, std::uint64_t dst, std::uint64_t src) {
  const std::uint64_t size_bytes = staged.size_bytes;
  {
    const std::lock_guard lock(staged_mutex_);
    staged_.push_back(std::move(staged));
    has_staged_.store(true, std::memory_order_release);
  }
  try {
    return push([&](wire::Command &command, wire::Descriptors &) { write_copy(command, dst, src, size_bytes); });
  } catch (...) {
    const std::lock_guard lock(staged_mutex_);
    staged_.pop_back();
    throw;
  }
}

void Stream::wait_until_idle() {
  const auto done = [this] { return idle(); };
  if (device_.wait_until(done, {}) == Waited::kLost) throw device_.loss();
}

// Does the host's half of staged copies that the device has done its half of.
void Stream::hand_over(std::uint64_t done) {
  if (!has_staged_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(staged_mutex_);
  while (!staged_.empty() && staged_.front().ticket <= done) {
    const Staged &front = staged_.front();
    if (front.dst != nullptr) device_.copier().copy(front.dst, front.block.view(), front.size_bytes);
    staged_.pop_front();
  }
  has_staged_.store(!staged_.empty(), std::memory_order_release);
}

std::uint64_t Stream::copy_to_device(const Block &dst, const void *src, std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  device_.throw_if_lost();
  std::optional<WindowBlock> block = stage(size_bytes);
  if (!block) {
    wait_until_idle();
    device_.copier().copy(device_.arena_view(dst.offset), src, size_bytes);
    return complete_at_once();
  }
  device_.copier().copy(block->view(), src, size_bytes);
  const std::uint64_t staged = block->device_address();
  return push_staged({next_ticket(), std::move(*block), size_bytes, nullptr}, device_.arena_address(dst.offset),
                     staged);
}

std::uint64_t Stream::copy_from_device(void *dst, const Block &src, std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  device_.throw_if_lost();
  std::optional<WindowBlock> block = stage(size_bytes);
  if (!block) {
    wait_until_idle();
    device_.copier().copy(dst, device_.arena_view(src.offset), size_bytes);
    return complete_at_once();
  }
  const std::uint64_t staged = block->device_address();
  return push_staged({next_ticket(), std::move(*block), size_bytes, dst}, staged, device_.arena_address(src.offset));
}

std::uint64_t Stream::copy_on_device(const Block &dst, const Block &src, std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  device_.throw_if_lost();
  if (idle()) {
    std::memmove(device_.arena_view(dst.offset), device_.arena_view(src.offset), size_bytes);
    return complete_at_once();
  }
  return push([&](wire::Command &command, wire::Descriptors &) {
    write_copy(command, device_.arena_address(dst.offset), device_.arena_address(src.offset), size_bytes);
  });
}

std::uint64_t Stream::fill(const Block &dst, std::uint64_t size_bytes, std::uint8_t value) {
  const std::lock_guard lock(mutex_);
  device_.throw_if_lost();
  if (idle()) {
    std::memset(device_.arena_view(dst.offset), value, size_bytes);
    return complete_at_once();
  }
  return push([&](wire::Command &command, wire::Descriptors &) {
    command.kind = wire::CommandKind::kFill;
    command.function = device_.arena_address(dst.offset);
    command.source = value;
    command.size_bytes = size_bytes;
  });
}

}  // namespace hal::sim
