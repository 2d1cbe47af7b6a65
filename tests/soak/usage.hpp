// SPDX-License-Identifier: Apache-2.0
//
// The resources of a process, read from /proc.
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
  long named_mappings = 0;   // of files, heap and stack
  std::int64_t process = 0;  // the argument of usage_of
  long keys = 0;             // thread keys; counted only for this process
};

// process: 0 = this one.
Usage usage_of(std::int64_t process);

// "rss 3200 KiB, 12 descriptors, …"
std::string describe(const Usage &usage);

// Names the resource that grew too much, as a sentence; empty if none did. If the device process was replaced, the
// number of all mappings is not compared, because the system merges anonymous mappings by chance.
std::string growth(const Usage &before, const Usage &after);

}  // namespace hal::soak

#endif  // HAL_TESTS_SOAK_USAGE_HPP_
