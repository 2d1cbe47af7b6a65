// SPDX-License-Identifier: Apache-2.0
#include "usage.hpp"

#include <pthread.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace hal::soak {
namespace {

constexpr long kResidentSlackKib = 512;

long count_entries(const std::string &folder) {
  return static_cast<long>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

void count_mappings(const std::string &path, Usage &usage) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line); ++usage.mappings)
    if (line.find_first_of("/[") != std::string::npos) ++usage.named_mappings;
}

long resident_kib(const std::string &folder) {
  std::ifstream file(folder + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(line.find(':') + 1));
  return 0;
}

// Counts the thread keys in use by creating all that are free.
long keys_in_use() {
  std::vector<pthread_key_t> free;
  for (pthread_key_t key = 0; pthread_key_create(&key, nullptr) == 0;) free.push_back(key);
  for (const pthread_key_t key : free) pthread_key_delete(key);
  return static_cast<long>(PTHREAD_KEYS_MAX) - static_cast<long>(free.size());
}

}  // namespace

Usage usage_of(std::int64_t process) {
  const std::string folder = "/proc/" + (process == 0 ? "self" : std::to_string(process));
  Usage usage;
  usage.descriptors = count_entries(folder + "/fd");
  usage.threads = count_entries(folder + "/task");
  count_mappings(folder + "/maps", usage);
  usage.process = process;
  usage.resident_kib = resident_kib(folder);
  if (process == 0) usage.keys = keys_in_use();
  return usage;
}

std::string describe(const Usage &usage) {
  return std::to_string(usage.resident_kib) + " KiB, " + std::to_string(usage.descriptors) + " descriptors, " +
         std::to_string(usage.threads) + " threads, " + std::to_string(usage.mappings) + " mappings, " +
         std::to_string(usage.keys) + " thread keys";
}

std::string growth(const Usage &before, const Usage &after) {
  if (after.resident_kib > before.resident_kib + kResidentSlackKib) return "resident memory grew";
  if (after.descriptors != before.descriptors) return "the number of descriptors changed";
  if (after.threads != before.threads) return "the number of threads changed";
  if (after.named_mappings != before.named_mappings) return "the number of named mappings changed";
  if (after.process == before.process && after.mappings != before.mappings) return "the number of mappings changed";
  if (after.keys != before.keys) return "the number of thread keys changed";
  return {};
}

}  // namespace hal::soak
