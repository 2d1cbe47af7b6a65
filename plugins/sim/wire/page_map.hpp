// SPDX-License-Identifier: Apache-2.0
//
// The pages of the shared window that kernels may access. The host writes the map, in memory at the end of the window's
// file. The device process reads it and gives its own mapping the same access.
#ifndef HAL_PLUGINS_SIM_WIRE_PAGE_MAP_HPP_
#define HAL_PLUGINS_SIM_WIRE_PAGE_MAP_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hal::sim::wire {

// A view of the map: it owns nothing. Memory of zeros is a map without accessible pages.
class PageMap {
 public:
  static constexpr std::uint64_t kWordPages = 64;
  static constexpr std::uint64_t kChunkWords = 64;  // words that share one count of changes

  PageMap(void *memory, std::uint64_t pages)
      : pages_(pages),
        changes_(static_cast<std::atomic<std::uint64_t> *>(memory)),
        versions_(changes_ + 1),
        words_(versions_ + chunks()) {}

  static std::uint64_t words_of(std::uint64_t pages) { return (pages + kWordPages - 1) / kWordPages; }
  static std::uint64_t chunks_of(std::uint64_t pages) { return (words_of(pages) + kChunkWords - 1) / kChunkWords; }
  static bool starts_chunk(std::uint64_t page) { return page % (kWordPages * kChunkWords) == 0; }
  static std::uint64_t bytes_of(std::uint64_t pages) {
    return (1 + chunks_of(pages) + words_of(pages)) * sizeof(std::uint64_t);
  }

  // Changes pages, and publishes the change. Any thread of the host; each page by one thread at a time.
  void set(std::uint64_t first, std::uint64_t count, bool accessible) {
    for (std::uint64_t page = first; page < first + count;) {
      const std::uint64_t bit = page % kWordPages;
      const std::uint64_t bits = first + count - page < kWordPages - bit ? first + count - page : kWordPages - bit;
      const std::uint64_t mask = (bits == kWordPages ? UINT64_MAX : (std::uint64_t{1} << bits) - 1) << bit;
      std::atomic<std::uint64_t> &word = words_[page / kWordPages];
      if (accessible) {
        word.fetch_or(mask, std::memory_order_relaxed);
      } else {
        word.fetch_and(~mask, std::memory_order_relaxed);
      }
      versions_[page / kWordPages / kChunkWords].fetch_add(1, std::memory_order_release);
      page += bits;
    }
    changes_->fetch_add(1, std::memory_order_release);
  }

  std::uint64_t pages() const { return pages_; }
  std::uint64_t words() const { return words_of(pages_); }
  std::uint64_t chunks() const { return chunks_of(pages_); }
  // Whoever reads a count first, then sees at least the changes that it counts.
  std::uint64_t changes() const { return changes_->load(std::memory_order_acquire); }
  std::uint64_t version(std::uint64_t chunk) const { return versions_[chunk].load(std::memory_order_acquire); }
  std::uint64_t word(std::uint64_t index) const { return words_[index].load(std::memory_order_relaxed); }

 private:
  std::uint64_t pages_;
  std::atomic<std::uint64_t> *changes_;
  std::atomic<std::uint64_t> *versions_;
  std::atomic<std::uint64_t> *words_;
};

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_PAGE_MAP_HPP_
