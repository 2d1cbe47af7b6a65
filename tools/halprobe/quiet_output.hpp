// SPDX-License-Identifier: Apache-2.0
#ifndef TOOLS_HALPROBE_QUIET_OUTPUT_HPP_
#define TOOLS_HALPROBE_QUIET_OUTPUT_HPP_

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace halprobe {

// A plugin that prints may not spoil this program's output.
class QuietOutput {
 public:
  QuietOutput() : out_(::dup(STDOUT_FILENO)), err_(::dup(STDERR_FILENO)) {
    std::fflush(nullptr);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::close(null);
  }
  ~QuietOutput() {
    std::fflush(nullptr);
    ::dup2(out_, STDOUT_FILENO);
    ::dup2(err_, STDERR_FILENO);
    ::close(out_);
    ::close(err_);
  }
  QuietOutput(const QuietOutput &) = delete;
  QuietOutput &operator=(const QuietOutput &) = delete;

 private:
  int out_;
  int err_;
};

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_QUIET_OUTPUT_HPP_
