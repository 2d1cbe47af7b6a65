// SPDX-License-Identifier: Apache-2.0
//
// The known name that is closest to a misspelt one.
#ifndef HAL_SRC_SUPPORT_SPELLING_HPP_
#define HAL_SRC_SUPPORT_SPELLING_HPP_

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace hal::core {

// Levenshtein distance.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// The most edits that still count as a typing error in this word.
inline std::size_t slips_in(std::string_view word) { return std::max<std::size_t>(2, word.size() / 3); }

// The known name that is nearest to name, within max_distance edits; "" if there is none.
inline std::string nearest_spelling(std::string_view name, const std::vector<std::string> &known,
                                    std::size_t max_distance) {
  std::string best;
  std::size_t best_distance = max_distance + 1;
  for (const std::string &candidate : known) {
    const std::size_t least = std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    if (least >= best_distance) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace hal::core

#endif  // HAL_SRC_SUPPORT_SPELLING_HPP_
