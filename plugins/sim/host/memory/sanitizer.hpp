// SPDX-License-Identifier: Apache-2.0
//
// Finds writes outside of device memory's allocations: red zones around each, and a quarantine of freed ones. Works on
// the host's view of the arena; which addresses the device uses is not its business.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_SANITIZER_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_SANITIZER_HPP_

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hal/hal_plugin.h"
#include "sim/host/memory/block_allocator.hpp"

namespace hal::sim {

// An allocation with what reports say of it.
struct Origin {
  std::uint64_t start = 0;       // in the arena
  std::uint64_t size_bytes = 0;  // as asked for
  const char *kind = "";         // "DEVICE"
  bool freed = false;
  char tag[64] = {};
  hal_call_site_v1_t made_at = {};
};

// One from its allocation until it leaves the quarantine.
struct Guard : boost::intrusive::list_base_hook<> {
  Block whole = {};  // with both red zones; what the size was rounded up by belongs to the rear one
  Origin origin;
};

struct Finding {
  Origin origin;
  std::uint64_t first = 0;  // of the bytes that changed, in the arena
  std::uint64_t bytes = 0;  // how many have
};

// Those that are told one by one, and how many there are in all.
struct Findings {
  static constexpr std::size_t kMost = 16;
  std::vector<Finding> told;
  std::uint64_t count = 0;

  Findings() { told.reserve(kMost); }
  void add(const Finding &finding) noexcept {
    if (told.size() < kMost) told.push_back(finding);
    ++count;
  }
};

class Sanitizer {
 public:
  static constexpr std::uint64_t kZoneBytes = 64;
  // Of large blocks the ends alone are filled and checked: the pages between would cost memory that nobody uses.
  static constexpr std::uint64_t kEndBytes = 64 << 10;
  static constexpr std::uint64_t kMaxQuarantinedBlockBytes = 1 << 20;
  static constexpr std::uint64_t kMaxQuarantineBytes = 16 << 20;
  static constexpr std::size_t kMaxQuarantineBlocks = 1024;
  static constexpr int kZoneByte = 0xfd;
  static constexpr int kFreshByte = 0xcd;
  static constexpr int kFreedByte = 0xdd;

  // view: the arena. release takes blocks back; found hears of a write after free when its block leaves the quarantine.
  Sanitizer(std::byte *view, std::function<void(const Block &)> release, std::function<void(const Finding &)> found);
  ~Sanitizer();
  Sanitizer(const Sanitizer &) = delete;
  Sanitizer &operator=(const Sanitizer &) = delete;

  // Fills a new allocation and its red zones, and remembers it: guard lives until retire. Any thread, as all of these.
  void admit(Guard &guard);
  // The allocation is freed: what its red zones tell. It rests in the quarantine, or is released at once if it is
  // large.
  std::optional<Finding> retire(std::unique_ptr<Guard> guard);
  // Everything leaves the quarantine. False: it was empty.
  bool flush();
  // Looks at all red zones and the quarantine, and repairs what it finds, so that it is found once. kAll: with what has
  // left the quarantine damaged since the last time, of which found_ has heard.
  enum class What { kAll, kNew };
  Findings check(What what = What::kAll);
  // The arena is empty again; no allocation lives.
  void clear();

 private:
  using List = boost::intrusive::list<Guard>;
  struct Scan;

  std::optional<Finding> inspect(const Guard &guard);
  void leave(List &leaving);

  std::byte *const view_;
  const std::function<void(const Block &)> release_;
  const std::function<void(const Finding &)> found_;

  std::mutex mutex_;  // all below
  List live_;
  List quarantine_;  // the oldest first
  std::uint64_t quarantined_bytes_ = 0;
  Findings left_damaged_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_SANITIZER_HPP_
