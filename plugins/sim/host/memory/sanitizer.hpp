// SPDX-License-Identifier: Apache-2.0
//
// Finds writes outside of allocations: with red zones around each allocation, and a quarantine for freed ones. It works
// on the host's mapping of the memory and knows no device addresses.
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

// The facts about an allocation that reports contain.
struct Origin {
  std::uint64_t start = 0;       // in the arena
  std::uint64_t size_bytes = 0;  // as requested
  const char *kind = "";         // "DEVICE"
  bool freed = false;
  char tag[64] = {};
  hal_call_site_v1_t made_at = {};
};

// Exists from the allocation until the block leaves the quarantine.
struct Guard : boost::intrusive::list_base_hook<> {
  Block whole = {};  // with both red zones; bytes from rounding up the size belong to the second one
  Origin origin;
};

// Changed bytes in the red zones or the freed bytes of one allocation.
struct Damage {
  Origin origin;
  std::uint64_t first = 0;  // the first changed byte, in the arena
  std::uint64_t bytes = 0;  // the number of changed bytes
};

struct DamageReport {
  static constexpr std::size_t kMost = 16;
  std::vector<Damage> listed;
  std::uint64_t count = 0;  // with those that are not listed

  DamageReport() { listed.reserve(kMost); }
  void add(const Damage &damage) noexcept {
    if (listed.size() < kMost) listed.push_back(damage);
    ++count;
  }
};

class Sanitizer {
 public:
  static constexpr std::uint64_t kZoneBytes = 64;
  // Only the ends of large blocks are filled and checked. Filling the rest would use memory.
  static constexpr std::uint64_t kEndBytes = 64 << 10;
  static constexpr std::uint64_t kMaxQuarantinedBlockBytes = 1 << 20;
  static constexpr std::uint64_t kMaxQuarantineBytes = 16 << 20;
  static constexpr std::size_t kMaxQuarantineBlocks = 1024;
  static constexpr int kFreshByte = 0xcd;  // red zones and freed memory hold a pattern

  // view: the memory. release frees a block. report receives a write to a freed block when the block leaves the
  // quarantine. Patterns are those of addresses from pattern_address on.
  Sanitizer(std::byte *view, std::function<void(const Block &)> release, std::function<void(const Damage &)> report,
            std::uint64_t pattern_address = 0);
  ~Sanitizer();
  Sanitizer(const Sanitizer &) = delete;
  Sanitizer &operator=(const Sanitizer &) = delete;

  // Fills the red zones of a new allocation, and the allocation itself unless it keeps its bytes. guard must exist
  // until retire or remove. Any thread, as for all functions here.
  enum class Fresh { kFilled, kKept };
  void admit(Guard &guard, Fresh fresh = Fresh::kFilled);
  // Call it when the allocation is freed. Returns the damage of its red zones. The block goes to the quarantine; a
  // large block is released at once.
  std::optional<Damage> retire(std::unique_ptr<Guard> guard);
  // As retire, without the quarantine and without release.
  std::optional<Damage> remove(std::unique_ptr<Guard> guard);
  // Empties the quarantine. False: it was empty.
  bool flush();
  // Checks all red zones and the quarantine. Damaged bytes are repaired, so each is reported once. kAll includes blocks
  // that left the quarantine damaged since the last check; these were passed to report, too.
  enum class What { kAll, kNew };
  DamageReport check(What what = What::kAll);
  // Forgets everything. No allocation may be left.
  void clear();

 private:
  using List = boost::intrusive::list<Guard>;
  struct Scan;

  std::optional<Damage> take(Guard &guard);
  std::optional<Damage> inspect(const Guard &guard);
  void leave(List &leaving);

  void fill(std::uint64_t start, std::uint64_t size_bytes);

  std::byte *const view_;
  const std::uint64_t pattern_address_;
  const std::function<void(const Block &)> release_;
  const std::function<void(const Damage &)> report_;

  std::mutex mutex_;  // of the members below
  List live_;
  List quarantine_;  // the oldest first
  std::uint64_t quarantined_bytes_ = 0;
  DamageReport left_damaged_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_SANITIZER_HPP_
