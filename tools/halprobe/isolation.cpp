// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace halprobe {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 256;                // two descriptors for each process
constexpr std::size_t kMaxAnswerBytes = 16u << 20;  // a plugin can write to the descriptor, too

struct Running {
  pid_t process = -1;
  int pipe = -1;   // readable: a part of the answer
  int ended = -1;  // a pidfd; readable: the process has ended
  bool done = false;
  Ending ending;
};

void close_fd(int &fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

void set_variables(const std::vector<std::string> &variables) {
  for (const std::string &variable : variables) {
    const std::size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
}

// The answer's descriptor and the three standard ones, which read and write /dev/null. All others are closed.
bool redirect_descriptors(int answer_end) {
  if (::dup2(answer_end, kAnswerFd) < 0) return false;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (null < 0 || ::dup2(null, fd) < 0) return false;
  ::closefrom(kAnswerFd + 1);
  return true;
}

// In the child process. Its own process group, so that processes that a plugin starts can be killed with it; no core
// files; killed when the parent ends.
[[noreturn]] void run_child(const Task &task, pid_t parent, int answer_end, TaskMain run) {
  try {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // the parent has ended already
    const rlimit none = {0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    if (!redirect_descriptors(answer_end)) ::_exit(1);
    ::fcntl(kAnswerFd, F_SETFD, FD_CLOEXEC);
    set_variables(task.variables);
    run(task.arguments);
  } catch (...) {
  }
  ::_exit(1);
}

[[noreturn]] void throw_system(int error) {
  throw std::runtime_error(
      "cannot start a process for a plugin: " + std::system_category().message(error) +
      "; raise the limits of processes and open files (ulimit -u, ulimit -n), or use --no-isolate");
}

void start(Running &running, const Task &task, TaskMain run) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_system(errno);
  running.pipe = ends[0];
  const pid_t parent = ::getpid();
  running.process = ::fork();
  if (running.process == 0) run_child(task, parent, ends[1], run);
  const int error = errno;
  close_fd(ends[1]);
  if (running.process < 0) throw_system(error);
  ::setpgid(running.process, running.process);  // parent and child both do it: either may run first
  ::fcntl(running.pipe, F_SETFL, O_NONBLOCK);
  running.ended = static_cast<int>(::syscall(SYS_pidfd_open, running.process, 0));
  if (running.ended < 0) throw_system(errno);
  ::fcntl(running.ended, F_SETFD, FD_CLOEXEC);
}

void read_answer(Running &running) {
  std::array<char, 65536> part;
  while (running.pipe >= 0 && running.ending.answer.size() < kMaxAnswerBytes) {
    const ssize_t got = ::read(running.pipe, part.data(), part.size());
    if (got > 0) {
      running.ending.answer.append(part.data(), static_cast<std::size_t>(got));
      continue;
    }
    if (got == 0) close_fd(running.pipe);
    if (got < 0 && errno == EINTR) continue;
    return;
  }
}

// The process has ended, or has no time left and is killed here.
void finish(Running &running, bool timed_out) {
  if (running.process > 0) ::kill(-running.process, SIGKILL);
  int status = 0;
  if (running.process > 0) {
    while (::waitpid(running.process, &status, 0) < 0 && errno == EINTR) {
    }
  }
  read_answer(running);
  close_fd(running.pipe);
  close_fd(running.ended);
  running.done = true;
  Ending &ending = running.ending;
  if (timed_out) {
    ending.kind = Ending::Kind::kTimeout;
  } else if (WIFSIGNALED(status)) {
    ending.kind = Ending::Kind::kCrashed;
    ending.number = WTERMSIG(status);
  } else {
    ending.number = WEXITSTATUS(status);
    const bool answered = ending.number == 0 && !ending.answer.empty();
    ending.kind = answered ? Ending::Kind::kAnswered : Ending::Kind::kExited;
  }
}

bool has_ended(const Running &running) {
  siginfo_t info = {};
  return ::waitid(P_PIDFD, static_cast<id_t>(running.ended), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

void wait_for_one(std::vector<Running> &all, Clock::time_point deadline) {
  std::vector<pollfd> watched;
  for (const Running &running : all) {
    if (running.done) continue;
    watched.push_back({running.ended, POLLIN, 0});
    if (running.pipe >= 0) watched.push_back({running.pipe, POLLIN, 0});
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  ::poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

void run_batch(std::vector<Running> &all, Clock::time_point deadline) {
  const auto is_done = [](const Running &running) { return running.done; };
  while (!std::all_of(all.begin(), all.end(), is_done)) {
    wait_for_one(all, deadline);
    const bool late = Clock::now() >= deadline;
    for (Running &running : all) {
      if (running.done) continue;
      read_answer(running);
      const bool ended = has_ended(running);
      if (ended || late || running.ending.answer.size() >= kMaxAnswerBytes) finish(running, !ended);
    }
  }
}

// Kills the remaining processes if a later one cannot be started.
struct Batch {
  std::vector<Running> all;
  ~Batch() {
    for (Running &running : all)
      if (!running.done) finish(running, true);
  }
};

}  // namespace

std::vector<Ending> run_isolated(const std::vector<Task> &tasks, std::chrono::milliseconds timeout, TaskMain run) {
  std::vector<Ending> endings;
  for (std::size_t first = 0; first < tasks.size(); first += kAtOnce) {
    Batch batch;
    batch.all.resize(std::min(kAtOnce, tasks.size() - first));
    for (std::size_t i = 0; i < batch.all.size(); ++i) start(batch.all[i], tasks[first + i], run);
    run_batch(batch.all, Clock::now() + timeout);
    for (Running &running : batch.all) endings.push_back(std::move(running.ending));
  }
  return endings;
}

void send_part(const std::string &answer) {
  std::size_t written = 0;
  while (written < answer.size()) {
    const ssize_t put = ::write(kAnswerFd, answer.data() + written, answer.size() - written);
    if (put < 0 && errno != EINTR) ::_exit(1);
    if (put > 0) written += static_cast<std::size_t>(put);
  }
}

void send_and_exit(const std::string &answer) {
  send_part(answer);
  ::_exit(0);
}

QuietOutput::QuietOutput() : out_(::dup(STDOUT_FILENO)), err_(::dup(STDERR_FILENO)) {
  std::fflush(nullptr);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  ::close(null);
}

QuietOutput::~QuietOutput() {
  std::fflush(nullptr);
  ::dup2(out_, STDOUT_FILENO);
  ::dup2(err_, STDERR_FILENO);
  ::close(out_);
  ::close(err_);
}

}  // namespace halprobe
