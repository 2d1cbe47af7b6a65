// SPDX-License-Identifier: Apache-2.0
//
// submit, wait and run. The copies to the device, the launch and the copies back are consecutive tickets of the
// worker's stream.
#include <algorithm>
#include <utility>

#include "failure.hpp"
#include "worker_impl.hpp"

namespace hal {
namespace {

// Whether the status of a failed wait is the outcome of the ticket, and not a failure of the wait itself.
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

// Queues a launch with its copies. It updates ticket after each part, so that the caller knows what is queued if a
// later part fails.
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

// Fails if the launch reads host data that an earlier submit writes and that has not been waited for: the host data are
// old until then. In all other cases the stream keeps the order of reads and writes.
void ChipWorker::Impl::refuse_unwaited_data(const PreparedLaunch &prepared, const char *function) const {
  std::lock_guard lock(state_mutex_);
  for (const Pending &earlier : pending_) {
    for (const Staged &written : earlier.staged) {
      for (const Staged &wanted : prepared.staged()) {
        if (!reads_what_is_written(wanted, written)) continue;
        fail(HAL_ERR_BUSY, function,
             "the " + std::to_string(wanted.size_bytes) + " bytes of data at " + hex(wanted.host_ptr) +
                 " are written by a submit that has not been waited for",
             "wait for its ticket first, or keep the data in device memory or mapped memory");
      }
    }
  }
}

// Waits for the queued part of a submit that failed, because that part uses the caller's memory and the staging
// buffers. If the device was lost meanwhile, the queued part has the cause, and this throws it.
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
    last_queued_ = std::max(last_queued_, ticket.last);
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

hal_status_t ChipWorker::Impl::wait_for(std::uint64_t ticket, std::uint64_t timeout_ns, const char *function) const {
  if (interrupted_ == nullptr) return hal_stream_wait(stream_.handle(), ticket, timeout_ns);
  for (std::uint64_t left = timeout_ns;;) {
    const std::uint64_t slice = std::min(left, kSliceNs);
    const hal_status_t status = hal_stream_wait(stream_.handle(), ticket, slice);
    if (status != HAL_ERR_TIMEOUT || slice == left) return status;
    if (left != HAL_TIMEOUT_FOREVER) left -= slice;
    if (interrupted_()) throw Interrupted(function);
  }
}

void ChipWorker::Impl::wait(const Ticket &ticket, std::uint64_t timeout_ns) {
  if (ticket.stream != stream_.handle() || ticket.last == 0) {
    fail(HAL_ERR_INVALID_ARGUMENT, "ChipWorker::wait", "this ticket is not from this worker",
         "wait with the worker that returned the ticket, before its finalize()");
  }
  const hal_status_t status = wait_for(ticket.last, timeout_ns, "ChipWorker::wait");
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
  } catch (const Interrupted &) {
    throw;  // the staging buffers are in use
  } catch (const Error &) {
    (void)free_staging(ticket.last);
    throw;
  }
}

// Frees the staging buffers of all submits up to a ticket that is done. Returns the first KERNEL_FAULT: a kernel wrote
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
      } catch (const Error &failure) {  // the destructor waits for a buffer that is busy
        if (failure.status() == HAL_ERR_KERNEL_FAULT && !damage) damage = failure;
      }
    }
  }
  return damage;
}

// Returns the failure of the first part of a submit that failed. Later parts are only CANCELLED.
Error ChipWorker::Impl::root_cause(const Ticket &ticket, const Error &found) const {
  for (std::uint64_t number = ticket.first; number < ticket.last; ++number) {
    const hal_status_t status = hal_stream_wait(ticket.stream, number, HAL_TIMEOUT_POLL);
    if (status != HAL_OK && is_outcome(status)) return Error::last(status);
  }
  return found;
}

}  // namespace hal
