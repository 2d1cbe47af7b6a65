// SPDX-License-Identifier: Apache-2.0
#include "sim/host/commands/stream.hpp"

#include <cstring>

namespace hal::sim {
namespace {

// Blocks of a launch may wait for each other, so a caller that only queries must wake workers, too. Most work is short:
// the first queries do not.
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
  const Waited waited = ring_.wait_until(done, {.timeout_ns = timeout_ns,
                                                .spin = !woke_device_.load(std::memory_order_relaxed),
                                                .long_work = is_long_.load(std::memory_order_relaxed),
                                                .at = done_at(ticket)});
  finish_staged(completed());
  if (waited == Waited::kDone) return;
  if (waited == Waited::kLost) throw ring_.engine().loss(number_, ticket);
  throw plugin::Failure(HAL_ERR_TIMEOUT,
                        "ticket " + std::to_string(ticket) + " is not done after " + std::to_string(timeout_ns) +
                            " ns; the newest done ticket is " + std::to_string(completed()),
                        "wait longer, or launch with a timeout_ns");
}

void Stream::query(std::uint64_t *completed_ticket) {
  const std::uint64_t submitted = submitted_.load(std::memory_order_acquire);
  std::uint64_t done = completed();
  const bool lost = done < submitted && ring_.is_lost();
  if (lost) done = completed();  // it may have completed more before it ended
  if (done < submitted &&
      queries_in_vain_.fetch_add(1, std::memory_order_relaxed) % kQueriesBeforeHelp + 1 == kQueriesBeforeHelp)
    ring_.call_helpers();
  finish_staged(done);
  *completed_ticket = done;
  if (lost && done < submitted) throw ring_.engine().loss(number_, done + 1);
}

// The number of commands that the device must complete for this ticket; 0 = unknown. It is known for the newest ticket:
// if newest_ belonged to a later one, submitted_, which is written first, would be later, too.
std::uint64_t Stream::done_at(std::uint64_t ticket) const {
  const std::uint64_t newest = newest_.load(std::memory_order_acquire);
  return submitted_.load(std::memory_order_relaxed) == ticket ? newest : 0;
}

// For work that the calling thread has just done, with nothing queued before it.
std::uint64_t Stream::complete_at_once() {
  const std::uint64_t ticket = next_ticket();
  submitted_.store(ticket, std::memory_order_relaxed);
  ring_.progress(number_).completed.store(ticket, std::memory_order_release);
  return ticket;
}

// Returns a block of the shared window. Nothing if the queue is empty or the window is full: then the calling thread
// waits for an empty queue and copies directly.
std::optional<WindowBlock> Stream::stage(std::uint64_t size_bytes) {
  if (idle()) return std::nullopt;
  plugin::fault_point("sim.stage_alloc");
  hal_mem_desc_t desc = {};
  desc.size_bytes = round_up(size_bytes, page_bytes());
  desc.tag = "staging memory of a copy";
  return WindowBlock::allocate(memory_.window(), desc, "HOST_MAPPED");
}

// Queues the device's half of a staged copy. The host's half is in the list before the ticket can be done.
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
  if (ring_.wait_until(done, {}) == Waited::kLost) throw ring_.engine().loss();
}

// Does the host's half of staged copies whose device half is done.
void Stream::finish_staged(std::uint64_t completed) {
  if (!has_staged_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(staged_mutex_);
  while (!staged_.empty() && staged_.front().ticket <= completed) {
    const Staged &front = staged_.front();
    if (front.dst != nullptr) memory_.copier().copy(front.dst, front.block.view(), front.size_bytes);
    staged_.pop_front();
  }
  has_staged_.store(!staged_.empty(), std::memory_order_release);
}

std::uint64_t Stream::copy_to_device(const Block &dst, const void *src, std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  ring_.engine().throw_if_lost();
  std::optional<WindowBlock> block = stage(size_bytes);
  if (!block) {
    wait_until_idle();
    memory_.copier().copy(memory_.arena().view(dst.offset), src, size_bytes);
    return complete_at_once();
  }
  memory_.copier().copy(block->view(), src, size_bytes);
  const std::uint64_t staged = block->device_address();
  return push_staged({next_ticket(), std::move(*block), size_bytes, nullptr}, memory_.arena().address(dst.offset),
                     staged);
}

std::uint64_t Stream::copy_from_device(void *dst, const Block &src, std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  ring_.engine().throw_if_lost();
  std::optional<WindowBlock> block = stage(size_bytes);
  if (!block) {
    wait_until_idle();
    memory_.copier().copy(dst, memory_.arena().view(src.offset), size_bytes);
    return complete_at_once();
  }
  const std::uint64_t staged = block->device_address();
  return push_staged({next_ticket(), std::move(*block), size_bytes, dst}, staged, memory_.arena().address(src.offset));
}

std::uint64_t Stream::copy_on_device(const Block &dst, const Block &src, std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  ring_.engine().throw_if_lost();
  if (idle()) {
    std::memmove(memory_.arena().view(dst.offset), memory_.arena().view(src.offset), size_bytes);
    return complete_at_once();
  }
  return push([&](wire::Command &command, wire::Descriptors &) {
    write_copy(command, memory_.arena().address(dst.offset), memory_.arena().address(src.offset), size_bytes);
  });
}

std::uint64_t Stream::fill(const Block &dst, std::uint64_t size_bytes, std::uint8_t value) {
  const std::lock_guard lock(mutex_);
  ring_.engine().throw_if_lost();
  if (idle()) {
    std::memset(memory_.arena().view(dst.offset), value, size_bytes);
    return complete_at_once();
  }
  return push([&](wire::Command &command, wire::Descriptors &) {
    command.kind = wire::CommandKind::kFill;
    command.function = memory_.arena().address(dst.offset);
    command.source = value;
    command.size_bytes = size_bytes;
  });
}

}  // namespace hal::sim
