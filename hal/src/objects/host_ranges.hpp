// SPDX-License-Identifier: Apache-2.0
//
// The host ranges of the memory of all devices in this process. A page belongs to one allocation or registration.
#ifndef HAL_SRC_OBJECTS_HOST_RANGES_HPP_
#define HAL_SRC_OBJECTS_HOST_RANGES_HPP_

#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "objects/address_table.hpp"

namespace hal::core {

// It is part of its owner, so that inserting it allocates nothing.
struct HostRange : AddressRange, boost::intrusive::list_base_hook<> {
  bool is_pending() const noexcept { return boost::intrusive::list_base_hook<>::is_linked(); }
};

// A range is in use, or pending: a backend is registering or releasing it. A registration waits for the outcome of the
// pending ranges that overlap its own and came before it. An allocation does not wait: its backend has mapped the
// range, so a pending registration of the range is about to be refused.
class HostRanges {
 public:
  // Makes the range pending, for a registration. Returns the used range that it overlaps; then it is not pending.
  std::optional<Overlap> reserve(HostRange &range);
  // Makes a new or pending range used. Returns the used range that it overlaps; then its state does not change.
  std::optional<Overlap> enter(HostRange &range) noexcept;
  // Makes a used range pending, because its backend releases it now. enter or remove follows.
  void leave(HostRange &range) noexcept;
  // Forgets the range, if it is known.
  void remove(HostRange &range) noexcept;

  std::optional<Overlap> overlap(std::uint64_t start, std::uint64_t size) const noexcept;

 private:
  bool must_wait(const HostRange &range) const noexcept;
  void erase(HostRange &range) noexcept;

  mutable std::mutex mutex_;
  std::condition_variable decided_;
  IntervalMap used_;
  boost::intrusive::list<HostRange> pending_;  // in the order in which they wait for each other; few
};

// Of the process. It is never destroyed.
HostRanges &host_ranges() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_HOST_RANGES_HPP_
