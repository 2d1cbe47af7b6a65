// SPDX-License-Identifier: Apache-2.0
//
// The unfinished work that uses an object: the newest ticket of each stream. Noting a submit takes no lock.
#ifndef HAL_SRC_OBJECTS_IN_FLIGHT_HPP_
#define HAL_SRC_OBJECTS_IN_FLIGHT_HPP_

#include <atomic>
#include <cstdint>
#include <optional>

#include "hal/hal.h"

namespace hal::core {

// A submit that is not done and uses the object.
struct Holder {
  hal_stream_t stream;
  std::uint64_t ticket;
};

class InFlight {
 public:
  struct Entry {
    std::atomic<std::uint64_t> stream{0};  // the handle, which no later stream has
    std::atomic<std::uint64_t> ticket{0};
  };

  InFlight() = default;
  ~InFlight();
  InFlight(const InFlight &) = delete;
  InFlight &operator=(const InFlight &) = delete;

  // The entry of a stream. The caller has pinned the stream and the object. Entries of destroyed streams are used
  // again, so that it allocates only if more than kInline existing streams have used the object.
  Entry &entry_for(std::uint64_t stream);
  // Call it after the submit.
  static void note(Entry &entry, std::uint64_t ticket) noexcept;

  // A submit that is not done, if there is one. The caller has claimed the object. Asks the backend only if it must.
  std::optional<Holder> holder();

 private:
  static constexpr int kInline = 4;
  struct Block {
    Entry entries[kInline];
    std::atomic<Block *> next{nullptr};
  };

  Entry *find(std::uint64_t stream) noexcept;
  Entry *take_free(std::uint64_t stream) noexcept;
  void grow();

  Block first_;
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_IN_FLIGHT_HPP_
