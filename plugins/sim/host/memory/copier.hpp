// SPDX-License-Identifier: Apache-2.0
//
// Copies between host memory and device memory. A helper thread shares large copies, since one processor cannot use the
// full bandwidth of the memory.
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

  // Works as memcpy. Any thread. The first large copy starts the helper thread.
  void copy(void *dst, const void *src, std::uint64_t size_bytes);

  static constexpr std::uint64_t kWorthSharingBytes = 4 << 20;  // takes about 100 µs; waking the helper takes 20 to 50

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

  std::mutex shared_copy_mutex_;  // held by the copy that uses the helper; other copies run without it
  bool tried_ = false;            // guarded by shared_copy_mutex_
  std::thread helper_;            // guarded by shared_copy_mutex_

  std::mutex mutex_;
  std::condition_variable called_;
  std::condition_variable left_;
  bool stop_ = false;                // guarded by mutex_
  bool offered_ = false;             // guarded by mutex_: the helper may join job_
  std::atomic<bool> joined_{false};  // written under mutex_: the helper works on job_

  Job job_ = {};  // written only while neither offered_ nor joined_
  std::atomic<std::uint64_t> next_chunk_{0};
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_COPIER_HPP_
