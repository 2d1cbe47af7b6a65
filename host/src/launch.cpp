// SPDX-License-Identifier: Apache-2.0
//
// submit, wait and run: copies in, launch, copies back, as consecutive tickets of the worker's stream.
#include <algorithm>
#include <utility>

#include "failure.hpp"
#include "worker_impl.hpp"

namespace hal {
namespace {

// Whether a failed wait says that the ticket is done, well or badly, rather than something about the wait itself.
bool is_outcome(hal_status_t status) {
  return status != HAL_ERR_TIMEOUT && status != HAL_ERR_INVALID_ARGUMENT && status != HAL_ERR_FAILED_PRECONDITION;
}

bool reads_what_is_written(const Staged &reader, const Staged &writer) {
  if ((reader.access & HAL_ACCESS_READ) == 0 || (writer.access & HAL_ACCESS_WRITE) == 0) return false;
  const auto read = reinterpret_cast<std::uintptr_t>(reader.host_ptr);
  const auto written = reinterpret_cast<std::uintptr_t>(writer.host_ptr);
  return read < written + writer.size_bytes && written < read + reader.size_bytes;
}

void note(ChipWorker::Ticket &ticket, std::uint64_t number) {
  if (ticket.first == 0) ticket.first = number;
  ticket.last = number;
}

}  // namespace

// Queues everything of one launch. ticket grows with each part, so that a failure in between knows what is queued.
void ChipWorker::Impl::queue(const PreparedLaunch &prepared, Kernel kernel, const RunOptions &options, Ticket &ticket) {
  std::uint64_t number = 0;
  for (const Staged &staged : prepared.staged()) {
    if ((staged.access & HAL_ACCESS_READ) == 0) continue;
    hal::check(hal_copy_to_device(ticket.stream, staged.mem, 0, staged.host_ptr, staged.size_bytes, &number));
    note(ticket, number);
  }
  auto desc = detail::sized<hal_launch_desc_t>();
  desc.kernel = kernel.handle();
  desc.stream = ticket.stream;
  desc.block_count = options.block_count;
  desc.convention = options.convention;
  desc.engine = options.engine;
  desc.timeout_ns = options.timeout_ns;
  desc.tag = options.tag;
  desc.args = prepared.args().data();
  desc.arg_count = static_cast<std::uint32_t>(prepared.args().size());
  hal::check(hal_kernel_launch(&desc, &number));
  note(ticket, number);
  for (const Staged &staged : prepared.staged()) {
    if ((staged.access & HAL_ACCESS_WRITE) == 0) continue;
    hal::check(hal_copy_from_device(ticket.stream, staged.host_ptr, staged.mem, 0, staged.size_bytes, &number));
    note(ticket, number);
  }
}

// IN data that an earlier submit writes are old until that submit has been waited for. (The other orders are in order:
// a stream reads and writes host memory as it was told to.)
void ChipWorker::Impl::refuse_unwaited_data(const PreparedLaunch &prepared, const char *function) const {
  std::lock_guard lock(state_mutex_);
  for (const Pending &earlier : pending_) {
    for (const Staged &written : earlier.staged) {
      for (const Staged &wanted : prepared.staged()) {
        if (!reads_what_is_written(wanted, written)) continue;
        fail(HAL_ERR_BUSY, function,
             "the " + std::to_string(wanted.size_bytes) + " bytes of data at " + hex(wanted.host_ptr) +
                 " are written by a submit that has not been waited for",
             "wait for its ticket first, or keep data that launches hand on in device or mapped memory");
      }
    }
  }
}

// After a submit that failed half-way: what is queued already uses the caller's memory and the staging buffers, so it
// ends first. Where the device was lost meanwhile, the queued part knows why, and that is thrown instead.
void ChipWorker::Impl::settle(const Ticket &queued, const Error &failure) const {
  if (queued.last == 0) return;
  const hal_status_t status = hal_stream_wait(queued.stream, queued.last, HAL_TIMEOUT_FOREVER);
  if (status == HAL_OK || failure.status() != HAL_ERR_DEVICE_LOST) return;
  throw root_cause(queued, Error::last(status));
}

ChipWorker::Ticket ChipWorker::Impl::submit(Kernel kernel, std::span<const Argument> args, const RunOptions &options,
                                            const char *function) {
  PreparedLaunch prepared(device_, args, function);
  std::list<Pending> entry;
  if (!prepared.staged().empty()) entry.emplace_back();
  Ticket ticket{stream_.handle(), 0, 0};
  try {
    std::lock_guard order(submit_mutex_);
    refuse_unwaited_data(prepared, function);
    queue(prepared, kernel, options, ticket);
    std::lock_guard lock(state_mutex_);
    last_submitted_ = ticket.last;
    if (!entry.empty()) {
      entry.front() = {ticket.last, prepared.take_buffers(), prepared.take_staged()};
      pending_.splice(pending_.end(), entry);
    }
  } catch (const Error &failure) {
    settle(ticket, failure);
    throw;
  }
  return ticket;
}

void ChipWorker::Impl::wait(const Ticket &ticket, std::uint64_t timeout_ns) {
  if (ticket.stream != stream_.handle() || ticket.last == 0) {
    fail(HAL_ERR_INVALID_ARGUMENT, "ChipWorker::wait", "this ticket is not of this worker",
         "wait with the worker that submit() was called on, before its finalize()");
  }
  const hal_status_t status = hal_stream_wait(ticket.stream, ticket.last, timeout_ns);
  if (status == HAL_OK) {
    if (const auto damage = free_staging(ticket.last)) throw *damage;
    return;
  }
  const Error found = Error::last(status);
  if (!is_outcome(status)) throw found;
  (void)free_staging(ticket.last);
  throw root_cause(ticket, found);
}

void ChipWorker::Impl::run(Kernel kernel, std::span<const Argument> args, const RunOptions &options) {
  const Ticket ticket = submit(kernel, args, options, "ChipWorker::run");
  try {
    wait(ticket, HAL_TIMEOUT_FOREVER);
  } catch (const Error &) {
    (void)free_staging(ticket.last);
    throw;
  }
}

// Frees the staging of all submits up to a ticket that is done. The first failure that tells of a kernel that wrote
// outside of a buffer.
std::optional<Error> ChipWorker::Impl::free_staging(std::uint64_t up_to) {
  std::list<Pending> done;
  {
    std::lock_guard lock(state_mutex_);
    last_waited_ = std::max(last_waited_, up_to);
    auto end = pending_.begin();
    while (end != pending_.end() && end->last <= up_to) ++end;
    done.splice(done.end(), pending_, pending_.begin(), end);
  }
  std::optional<Error> damage;
  for (Pending &pending : done) {
    for (Memory &buffer : pending.buffers) {
      try {
        buffer.close();
      } catch (const Error &failure) {  // what is busy is waited for where its owner ends
        if (failure.status() == HAL_ERR_KERNEL_FAULT && !damage) damage = failure;
      }
    }
  }
  return damage;
}

// The failure of the first part of a submit that failed: what follows it says no more than CANCELLED.
Error ChipWorker::Impl::root_cause(const Ticket &ticket, const Error &found) const {
  for (std::uint64_t number = ticket.first; number < ticket.last; ++number) {
    const hal_status_t status = hal_stream_wait(ticket.stream, number, HAL_TIMEOUT_POLL);
    if (status != HAL_OK && is_outcome(status)) return Error::last(status);
  }
  return found;
}

}  // namespace hal
