// SPDX-License-Identifier: Apache-2.0
//
// Collects the lines that libhal logs while the object exists.
#ifndef HAL_TESTS_HAL_LOG_CAPTURE_HPP_
#define HAL_TESTS_HAL_LOG_CAPTURE_HPP_

#include <algorithm>
#include <string>
#include <vector>

#include "hal/hal.h"

namespace hal::test {

class LogCapture {
 public:
  LogCapture() { hal_log_set_callback(take, this); }
  ~LogCapture() { hal_log_set_callback(nullptr, nullptr); }
  LogCapture(const LogCapture &) = delete;
  LogCapture &operator=(const LogCapture &) = delete;

  const std::vector<std::string> &lines() const { return lines_; }
  // Returns the line that contains this part; "" if there is none or more than one.
  std::string line_with(const std::string &part) const {
    const auto has = [&](const std::string &line) { return line.find(part) != std::string::npos; };
    return std::count_if(lines_.begin(), lines_.end(), has) == 1 ? *std::find_if(lines_.begin(), lines_.end(), has)
                                                                 : std::string();
  }

 private:
  static void take(void *user, hal_log_level_t, const char *, const char *message) {
    static_cast<LogCapture *>(user)->lines_.emplace_back(message);
  }
  std::vector<std::string> lines_;
};

}  // namespace hal::test

#endif  // HAL_TESTS_HAL_LOG_CAPTURE_HPP_
