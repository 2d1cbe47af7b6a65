// SPDX-License-Identifier: Apache-2.0
#include "sim/wire/run_queue_delay.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace hal::sim::wire {
namespace {

// The file has three numbers: nanoseconds on a processor, nanoseconds waiting for one, and the number of time slices.
std::uint64_t waited_ns(const std::string &path) {
  std::ifstream file(path);
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  return file >> ran >> waited ? waited : 0;
}

std::string directory_of(const std::string &process) { return "/proc/" + process + "/task/"; }

}  // namespace

void RunQueueDelay::begin(const std::string &process, const std::vector<int> &threads) {
  threads_.clear();
  for (const int id : threads) {
    if (id == 0) continue;
    std::string file = directory_of(process) + std::to_string(id) + "/schedstat";
    const std::uint64_t before = waited_ns(file);
    threads_.push_back({std::move(file), before});
  }
}

void RunQueueDelay::begin(const std::string &process) {
  std::vector<int> threads;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory_of(process), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    int id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    threads.push_back(id);
  }
  begin(process, threads);
}

std::uint64_t RunQueueDelay::longest_ns() const {
  std::uint64_t longest = 0;
  for (const Thread &thread : threads_) {
    const std::uint64_t now = waited_ns(thread.file);
    longest = std::max(longest, now - std::min(now, thread.before_ns));
  }
  return longest;
}

}  // namespace hal::sim::wire
