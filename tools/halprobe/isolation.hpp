// SPDX-License-Identifier: Apache-2.0
//
// Running plugin code: each task in a child process, or in this process with its output discarded.
#ifndef TOOLS_HALPROBE_ISOLATION_HPP_
#define TOOLS_HALPROBE_ISOLATION_HPP_

#include <chrono>
#include <string>
#include <vector>

namespace halprobe {

// The work of one child process. The variables replace those of the environment.
struct Task {
  std::vector<std::string> arguments;
  std::vector<std::string> variables;  // "NAME=value"
};

struct Ending {
  enum class Kind { kAnswered, kCrashed, kTimeout, kExited };
  Kind kind = Kind::kExited;
  int number = 0;      // the signal, or the exit status
  std::string answer;  // the bytes that the child wrote to descriptor kAnswerFd
};

inline constexpr int kAnswerFd = 3;

// Runs in the child process: does the task, sends the answer and does not return.
using TaskMain = void (*)(const std::vector<std::string> &arguments);

// Runs all tasks in parallel, each in a child process with the given time limit. Output of the children is discarded,
// and processes that they started are killed. A task has answered if it wrote something and ended with exit status 0.
// The children are forked and do not exec, which saves loading a program for each task. The caller must have one thread
// and must have shut libhal down.
std::vector<Ending> run_isolated(const std::vector<Task> &tasks, std::chrono::milliseconds timeout, TaskMain run);

// In the child process: sends a part of the answer. The parent keeps it even if the child crashes later.
void send_part(const std::string &answer);

// In the child process: sends the answer and ends the process without running exit handlers of the plugin.
[[noreturn]] void send_and_exit(const std::string &answer);

// For plugin code in this process: discards standard output and standard error until it is destroyed.
class QuietOutput {
 public:
  QuietOutput();
  ~QuietOutput();
  QuietOutput(const QuietOutput &) = delete;
  QuietOutput &operator=(const QuietOutput &) = delete;

 private:
  int out_;
  int err_;
};

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_ISOLATION_HPP_
