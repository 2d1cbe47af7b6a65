// SPDX-License-Identifier: Apache-2.0
//
// The yardstick of a hand-off: another process or thread that answers each request in shared memory.
#ifndef HAL_TESTS_BENCH_PARTNER_HPP_
#define HAL_TESTS_BENCH_PARTNER_HPP_

#include <sys/types.h>

#include <cstdint>
#include <thread>

namespace hal::bench {

class Partner {
 public:
  // Forks, so call it before you start a thread.
  static Partner in_process();
  static Partner on_thread();
  ~Partner();
  Partner(Partner &&other) noexcept;
  Partner &operator=(Partner &&) = delete;

  void round_trip() noexcept;

 private:
  struct Words;
  explicit Partner(Words *words) : words_(words) {}

  Words *words_;
  std::uint64_t count_ = 0;
  pid_t child_ = -1;
  std::thread thread_;
};

}  // namespace hal::bench

#endif  // HAL_TESTS_BENCH_PARTNER_HPP_
