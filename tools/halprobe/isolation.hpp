// SPDX-License-Identifier: Apache-2.0
//
// Work that runs plugins, each in a process of its own.
#ifndef TOOLS_HALPROBE_ISOLATION_HPP_
#define TOOLS_HALPROBE_ISOLATION_HPP_

#include <chrono>
#include <string>
#include <vector>

namespace halprobe {

// What a process is to do, with these variables in place of the environment's.
struct Task {
  std::vector<std::string> arguments;
  std::vector<std::string> variables;  // "NAME=value"
};

struct Ending {
  enum class Kind { kAnswered, kCrashed, kTimeout, kExited };
  Kind kind = Kind::kExited;
  int number = 0;      // the signal, or the exit status
  std::string answer;  // what it wrote to descriptor kAnswerFd
};

inline constexpr int kAnswerFd = 3;

// Does what the arguments say, in the task's process; hands over the answer and does not return.
using TaskMain = void (*)(const std::vector<std::string> &arguments);

// Runs all tasks side by side; none is waited for longer than timeout. Their output and what they start is discarded.
// A task has answered if it wrote something and ended with exit status 0. The processes are forked from this one, which
// saves each of them the loading of a program: this process has one thread, and libhal is down in it.
std::vector<Ending> run_isolated(const std::vector<Task> &tasks, std::chrono::milliseconds timeout, TaskMain run);

// In the task's process: hands over a part of the answer, which stays whatever happens to the process.
void hand_over(const std::string &answer);

// In the task's process: hands over the answer and ends, without running anything of the plugin.
[[noreturn]] void leave_with(const std::string &answer);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_ISOLATION_HPP_
