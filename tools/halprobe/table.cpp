// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>

#include "report.hpp"

namespace halprobe {
namespace {

// The number of characters of UTF-8 text: every byte except continuation bytes.
std::size_t width(const std::string &text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string shown(const std::string &cell) { return cell.empty() ? "-" : printable(cell); }

}  // namespace

std::string Painter::status(const std::string &word) const {
  if (!on_) return word;
  const bool good = word == "usable" || word == "ok";
  const bool bad = word == "broken" || word == "problem";
  const bool doubtful = word == "absent" || word == "warning";
  const char *code = good ? "32" : bad ? "31" : doubtful ? "33" : "2";
  return std::string("\033[") + code + "m" + word + "\033[0m";
}

std::string Table::text(const Painter &painter, bool with_header) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < header_.size(); ++column) {
    std::size_t widest = with_header ? width(header_[column]) : 0;
    for (const auto &row : rows_) widest = std::max(widest, width(shown(row[column])));
    widths.push_back(widest);
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string> &cells, bool paint) {
    for (std::size_t column = 0; column < cells.size(); ++column) {
      const std::string cell = shown(cells[column]);
      text += paint && header_[column] == "STATUS" ? painter.status(cell) : cell;
      if (column + 1 < cells.size()) text.append(widths[column] - width(cell) + 2, ' ');
    }
    text += '\n';
  };
  if (with_header) add_line(header_, false);
  for (const auto &row : rows_) add_line(row, true);
  return text;
}

}  // namespace halprobe
