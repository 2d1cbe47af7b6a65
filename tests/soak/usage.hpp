// SPDX-License-Identifier: Apache-2.0
//
// What a process holds, as /proc tells it.
#ifndef HAL_TESTS_SOAK_USAGE_HPP_
#define HAL_TESTS_SOAK_USAGE_HPP_

#include <cstdint>
#include <string>

namespace hal::soak {

struct Usage {
  long resident_kib = 0;
  long descriptors = 0;
  long threads = 0;
  long mappings = 0;
  long named_mappings = 0;   // those of files, of heap and stack
  std::int64_t process = 0;  // as asked for
  long keys = 0;             // of this process; another one's cannot be counted
};

// process: 0 = this one.
Usage usage_of(std::int64_t process);

// "rss 3200 KiB, 12 descriptors, …"
std::string describe(const Usage &usage);

// What grew by more than it may, as a sentence; empty: nothing. In another process than before, a successor, the number
// of all mappings says nothing: where the system puts anonymous ones, and so which neighbours it joins, is chance.
std::string growth(const Usage &before, const Usage &after);

}  // namespace hal::soak

#endif  // HAL_TESTS_SOAK_USAGE_HPP_
