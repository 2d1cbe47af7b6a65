// SPDX-License-Identifier: Apache-2.0
//
// Which submits hold an object: per stream the newest ticket. Noting a submit takes no lock.
#ifndef HAL_SRC_OBJECTS_IN_FLIGHT_HPP_
#define HAL_SRC_OBJECTS_IN_FLIGHT_HPP_

#include <atomic>
#include <cstdint>
#include <optional>

#include "hal/hal.h"

namespace hal::core {

// A submit that is not done.
struct Holder {
  hal_stream_t stream;
  std::uint64_t ticket;
};

class InFlight {
 public:
  struct Entry {
    std::atomic<std::uint64_t> stream{0};  // a handle: it cannot be mistaken for a later stream
    std::atomic<std::uint64_t> ticket{0};
  };

  InFlight() = default;
  ~InFlight();
  InFlight(const InFlight &) = delete;
  InFlight &operator=(const InFlight &) = delete;

  // The entry of a stream that the caller has pinned, as it has the object. Entries of streams that are gone are used
  // again; allocates only when more than kInline living streams have used the object.
  Entry &entry_for(std::uint64_t stream);
  // After the submit.
  static void note(Entry &entry, std::uint64_t ticket) noexcept;

  // A submit that still holds the object, which the caller has claimed. Asks the backend where it must.
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
