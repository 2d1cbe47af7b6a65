// SPDX-License-Identifier: Apache-2.0
//
// Tables of text. A column is as wide as its widest cell.
#ifndef TOOLS_HALPROBE_TABLE_HPP_
#define TOOLS_HALPROBE_TABLE_HPP_

#include <string>
#include <vector>

namespace halprobe {

// Colours status words.
class Painter {
 public:
  explicit Painter(bool on) : on_(on) {}
  std::string status(const std::string &word) const;

 private:
  bool on_;
};

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Cells of a column named STATUS are coloured. Lines have no trailing blanks. An empty cell is printed as "-".
  std::string text(const Painter &painter, bool with_header) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_TABLE_HPP_
