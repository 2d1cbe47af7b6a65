// SPDX-License-Identifier: Apache-2.0
//
// The command line.
#ifndef TOOLS_HALPROBE_OPTIONS_HPP_
#define TOOLS_HALPROBE_OPTIONS_HPP_

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace halprobe {

// Exit statuses. The man page has the same table.
inline constexpr int kExitOk = 0;
inline constexpr int kExitInternal = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotUsable = 3;
inline constexpr int kExitBroken = 4;
inline constexpr int kExitBadVariable = 5;

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Color { kAuto, kAlways, kNever };

struct Options {
  std::string command = "list";
  std::vector<std::string> names;
  bool help = false;
  bool version = false;
  bool json = false;
  bool strict = false;
  bool isolate = true;
  bool header = true;
  bool verbose = false;
  Color color = Color::kAuto;
  std::chrono::milliseconds timeout{5000};
  std::vector<std::string> plugin_path;  // absolute paths
  std::vector<std::string> columns;
};

// Throws UsageError.
Options parse_options(int argc, char **argv);

std::string help_text();

const std::vector<std::string> &column_names();

// ", did you mean 'x'?" or "".
std::string did_you_mean(const std::string &given, const std::vector<std::string> &known);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_OPTIONS_HPP_
