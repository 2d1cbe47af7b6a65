// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/pattern.hpp"

#include <algorithm>
#include <cstring>

namespace hal::sim {
namespace {

constexpr std::uint64_t kEach16 = 0x0001'0001'0001'0001;
constexpr std::uint64_t kFreeBits = 0x03ff * kEach16;
constexpr std::uint64_t kFixedBits = 0x3c00 * kEach16;

constexpr std::uint64_t kLineBytes = 64;
constexpr std::uint64_t kTileLines = 4;
constexpr std::uint64_t kTileBytes = kTileLines * kLineBytes;

// A tile consists of these random bits, exclusive-or its key, which depends on the tile's address.
alignas(64) constexpr std::uint64_t kTile[kTileBytes / sizeof(std::uint64_t)] = {
    0x003f028801a300d3, 0x0319022e03700344, 0x00090022019f01d0, 0x002e0298004e0089, 0x012801e600d00377,
    0x025402cf00e9006c, 0x00ac01b7017c00dd, 0x038401b501470117, 0x021601d90179031b, 0x013103a600df01ac,
    0x03fd02db001a03b7, 0x00e103ed02260296, 0x027c0045012c0399, 0x00a10147039100f7, 0x000102e2018e0016,
    0x036900d801570269, 0x005802a30093017e, 0x0195008f028e0258, 0x018b0158021502ee, 0x0354001d025a01b5,
    0x0030013902f20013, 0x01d10023006001f0, 0x0241011800db00ef, 0x027900b0003a000e, 0x009e028b001e023e,
    0x031503c101310327, 0x00af03da01600060, 0x025501f302550394, 0x0348006203e80040, 0x01ca016a02ab00b6,
    0x00cc0034014100ce, 0x015402af00720193};

inline std::uint64_t key_at(std::uint64_t address) noexcept {
  std::uint64_t key = (address / kTileBytes + 1) * 0x9e37'79b9'7f4a'7c15;
  key ^= key >> 32;
  key *= 0xd6e8'feb8'6659'fd93;
  return ((key ^ key >> 32) & kFreeBits) | kFixedBits;
}

// Calls visit(data, key, offset in the tile) for each line of a range of lines. The loop over a whole tile has no
// branches.
template <typename Byte, typename Visit>
[[gnu::always_inline]] inline void visit_lines(Byte *data, std::uint64_t address, std::uint64_t count,
                                               Visit &&visit) noexcept {
  while (count != 0) {
    const std::uint64_t key = key_at(address);
    const std::uint64_t place = address % kTileBytes;
    std::uint64_t bytes = kTileBytes;
    if (place == 0 && count >= kTileLines) {
      for (std::uint64_t at = 0; at < kTileBytes; at += kLineBytes) visit(data + at, key, at);
    } else {
      bytes = std::min(kTileBytes - place, count * kLineBytes);
      for (std::uint64_t at = 0; at < bytes; at += kLineBytes) visit(data + at, key, place + at);
    }
    data += bytes;
    address += bytes;
    count -= bytes / kLineBytes;
  }
}

// Every allocation and every free fills and checks patterns, so whole lines use the vectors of the processor.
template <typename Vector>
[[gnu::always_inline]] inline void fill_lines(std::byte *data, std::uint64_t address, std::uint64_t count) noexcept {
  visit_lines(data, address, count, [](std::byte *line, std::uint64_t key, std::uint64_t place) {
    for (std::uint64_t at = 0; at < kLineBytes; at += sizeof(Vector)) {
      Vector wanted;
      std::memcpy(&wanted, reinterpret_cast<const std::byte *>(kTile) + place + at, sizeof wanted);
      wanted ^= key;
      std::memcpy(line + at, &wanted, sizeof wanted);
    }
  });
}

template <typename Vector>
[[gnu::always_inline]] inline bool lines_hold(const std::byte *data, std::uint64_t address,
                                              std::uint64_t count) noexcept {
  Vector changed = {};
  visit_lines(data, address, count, [&](const std::byte *line, std::uint64_t key, std::uint64_t place) {
    for (std::uint64_t at = 0; at < kLineBytes; at += sizeof(Vector)) {
      Vector wanted;
      Vector found;
      std::memcpy(&wanted, reinterpret_cast<const std::byte *>(kTile) + place + at, sizeof wanted);
      std::memcpy(&found, line + at, sizeof found);
      changed |= found ^ wanted ^ key;
    }
  });
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < sizeof(Vector) / sizeof any; ++i) any |= changed[i];
  return any == 0;
}

using Words2 = std::uint64_t __attribute__((vector_size(16)));

#if defined(__x86_64__)
using Words4 = std::uint64_t __attribute__((vector_size(32)));
using Words8 = std::uint64_t __attribute__((vector_size(64)));

[[gnu::target("avx2")]] void fill_avx2(std::byte *data, std::uint64_t address, std::uint64_t count) noexcept {
  fill_lines<Words4>(data, address, count);
}
[[gnu::target("avx2")]] bool hold_avx2(const std::byte *data, std::uint64_t address, std::uint64_t count) noexcept {
  return lines_hold<Words4>(data, address, count);
}
[[gnu::target("avx512f")]] void fill_avx512(std::byte *data, std::uint64_t address, std::uint64_t count) noexcept {
  fill_lines<Words8>(data, address, count);
}
[[gnu::target("avx512f")]] bool hold_avx512(const std::byte *data, std::uint64_t address,
                                            std::uint64_t count) noexcept {
  return lines_hold<Words8>(data, address, count);
}
#endif

void fill_words2(std::byte *data, std::uint64_t address, std::uint64_t count) noexcept {
  fill_lines<Words2>(data, address, count);
}
bool hold_words2(const std::byte *data, std::uint64_t address, std::uint64_t count) noexcept {
  return lines_hold<Words2>(data, address, count);
}

// The functions for the widest vectors of this processor.
struct Functions {
  void (*fill)(std::byte *data, std::uint64_t address, std::uint64_t count) noexcept;
  bool (*hold)(const std::byte *data, std::uint64_t address, std::uint64_t count) noexcept;
};

Functions widest() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {fill_avx512, hold_avx512};
  if (__builtin_cpu_supports("avx2")) return {fill_avx2, hold_avx2};
#endif
  return {fill_words2, hold_words2};
}

const Functions functions = widest();

// Calls whole(data, address, count) for the whole lines of a range, and part(data, wanted bytes, size) for the bytes
// before and after them.
template <typename Byte, typename Whole, typename Part>
inline void visit_range(Byte *data, std::uint64_t address, std::uint64_t size_bytes, Whole &&whole, Part &&part) {
  const auto visit_part = [&](std::uint64_t bytes) {
    std::byte line[kLineBytes];
    fill_lines<Words2>(line, address / kLineBytes * kLineBytes, 1);
    part(data, line + address % kLineBytes, bytes);
    data += bytes;
    address += bytes;
    size_bytes -= bytes;
  };
  if (address % kLineBytes != 0 && size_bytes != 0) visit_part(std::min(kLineBytes - address % kLineBytes, size_bytes));
  if (const std::uint64_t count = size_bytes / kLineBytes; count != 0) {
    whole(data, address, count);
    data += count * kLineBytes;
    address += count * kLineBytes;
    size_bytes -= count * kLineBytes;
  }
  if (size_bytes != 0) visit_part(size_bytes);
}

bool has_pattern(const std::byte *data, std::uint64_t address, std::uint64_t size_bytes) noexcept {
  bool same = true;
  visit_range(
      data, address, size_bytes,
      [&](const std::byte *lines, std::uint64_t at, std::uint64_t count) {
        same = functions.hold(lines, at, count) && same;
      },
      [&](const std::byte *bytes, const std::byte *wanted, std::uint64_t count) {
        same = std::memcmp(bytes, wanted, count) == 0 && same;
      });
  return same;
}

}  // namespace

void fill_pattern(std::byte *data, std::uint64_t address, std::uint64_t size_bytes) noexcept {
  visit_range(
      data, address, size_bytes,
      [=](std::byte *lines, std::uint64_t at, std::uint64_t count) { functions.fill(lines, at, count); },
      [](std::byte *bytes, const std::byte *wanted, std::uint64_t count) { std::memcpy(bytes, wanted, count); });
}

Changes repair_pattern(std::byte *data, std::uint64_t address, std::uint64_t size_bytes) noexcept {
  Changes changes;
  if (has_pattern(data, address, size_bytes)) [[likely]]
    return changes;
  const auto repair = [&](std::byte *at, const std::byte *wanted, std::uint64_t bytes) {
    for (std::uint64_t i = 0; i < bytes; ++i) {
      if (at[i] == wanted[i]) continue;
      if (changes.bytes++ == 0) changes.first = static_cast<std::uint64_t>(at + i - data);
      at[i] = wanted[i];
    }
  };
  visit_range(
      data, address, size_bytes,
      [&](std::byte *lines, std::uint64_t at, std::uint64_t count) {
        for (; count != 0; --count, lines += kLineBytes, at += kLineBytes) {
          std::byte wanted[kLineBytes];
          fill_lines<Words2>(wanted, at, 1);
          repair(lines, wanted, kLineBytes);
        }
      },
      repair);
  return changes;
}

}  // namespace hal::sim
