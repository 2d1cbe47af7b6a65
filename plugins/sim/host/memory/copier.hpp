// SPDX-License-Identifier: Apache-2.0
//
// Copies between host memory and the device's. A large copy is shared with a thread of its own, which sleeps otherwise:
// one processor alone does not reach what the memory can do.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_COPIER_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_COPIER_HPP_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

namespace hal::sim {

class Copier {
 public:
  Copier() = default;
  ~Copier();
  Copier(const Copier &) = delete;
  Copier &operator=(const Copier &) = delete;

  // memcpy. Any thread; the thread that helps is started by the first large copy.
  void copy(void *dst, const void *src, std::uint64_t size_bytes);

  static constexpr std::uint64_t kWorthSharingBytes = 4 << 20;  // some 100 µs; waking the helper takes 20 to 50

 private:
  struct Job {
    std::byte *dst;
    const std::byte *src;
    std::uint64_t size_bytes;
    std::uint64_t chunk_bytes;
  };

  bool start_helper();
  void help();
  void run_chunks();

  std::mutex turn_mutex_;  // held by the copy that is shared; others go on alone
  bool tried_ = false;     // guarded by turn_mutex_
  std::thread helper_;     // likewise

  std::mutex mutex_;
  std::condition_variable called_;
  std::condition_variable left_;
  bool stop_ = false;                // guarded by mutex_
  bool offered_ = false;             // guarded by mutex_: job_ may be joined
  std::atomic<bool> joined_{false};  // written under mutex_: the helper is at job_

  Job job_ = {};  // written while neither offered nor joined
  std::atomic<std::uint64_t> next_chunk_{0};
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_COPIER_HPP_
