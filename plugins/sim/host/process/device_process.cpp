// SPDX-License-Identifier: Apache-2.0
//
// The engine in a process of its own.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <vector>

#include "hal/hal_plugin.hpp"
#include "sim/host/process/engine_host.hpp"
#include "sim/wire/channel.hpp"
#include "support/text.hpp"

extern char **environ;

namespace hal::sim {
namespace {

constexpr int kStopMs = 100;  // a device process that has not ended after this time is killed

[[noreturn]] void throw_system(const std::string &what, int error) {
  throw plugin::Failure(HAL_ERR_UNAVAILABLE, what + ": " + plugins::errno_text(error),
                        "check the limits of processes and open files (ulimit -u, ulimit -n)", error, "errno");
}

// The attributes and descriptors of the new process.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    // A process group of its own: Ctrl-C at the terminal reaches only the host. The device process ends with its host.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan &) = delete;
  SpawnPlan &operator=(const SpawnPlan &) = delete;

  void give(const Fd &fd, int number) { posix_spawn_file_actions_adddup2(&actions_, fd.get(), number); }

  pid_t spawn(const std::string &executable, char *const *arguments, char *const *environment) {
    plugin::fault_point("sim.spawn");
    pid_t pid = -1;
    const int error = posix_spawn(&pid, executable.c_str(), &actions_, &attributes_, arguments, environment);
    if (error != 0) throw_system("cannot start the device process " + executable, error);
    return pid;
  }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
};

class DeviceProcess final : public EngineHost {
 public:
  DeviceProcess(pid_t pid, Fd socket)
      : pid_(pid), socket_(std::move(socket)), pid_fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}

  ~DeviceProcess() override {
    const wire::Request stop = {.kind = wire::RequestKind::kStop, .object = 0, .name = {}};
    if (!wire::send_message(socket_.get(), &stop, sizeof stop) || !ended_within(kStopMs)) kill_it();
    collect();
  }

  std::optional<wire::Reply> request(const wire::Request &request, const Fd &fd) override {
    const std::lock_guard lock(mutex_);
    if (!wire::send_message(socket_.get(), &request, sizeof request, fd.get())) return std::nullopt;
    return answer();
  }

  std::optional<wire::Reply> answer() {
    wire::Reply reply = {};
    if (!wire::receive_message(socket_.get(), &reply, sizeof reply)) return std::nullopt;
    return reply;
  }

  bool alive() override { return !ended_within(0); }
  std::int64_t process_id() const override { return pid_; }

  std::string exit_description() override {
    const std::lock_guard lock(mutex_);
    collect();
    return exit_description_;
  }

 private:
  bool ended_within(int milliseconds) const {
    if (pid_fd_.get() < 0) return ended_without_pidfd(milliseconds);
    pollfd event = {pid_fd_.get(), POLLIN, 0};
    int ready = 0;
    do {
      ready = poll(&event, 1, milliseconds);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
  }

  // Before Linux 5.3. The process closes its end of the socket when it ends.
  bool ended_without_pidfd(int milliseconds) const {
    pollfd event = {socket_.get(), POLLRDHUP, 0};
    return poll(&event, 1, milliseconds) > 0 && (event.revents & (POLLRDHUP | POLLHUP)) != 0;
  }

  void kill_it() const {
    if (pid_fd_.get() < 0 || syscall(SYS_pidfd_send_signal, pid_fd_.get(), SIGKILL, nullptr, 0) != 0)
      kill(pid_, SIGKILL);
  }

  // Waits for the process once. A host that waits for all children or ignores SIGCHLD may have done so before.
  void collect() {
    if (!exit_description_.empty()) return;
    siginfo_t info = {};
    int got = 0;
    do {
      got = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
    } while (got != 0 && errno == EINTR);
    if (got != 0) {
      exit_description_ = "ended; another part of the program has collected its exit status";
    } else if (info.si_code == CLD_EXITED) {
      exit_description_ = "exited with status " + std::to_string(info.si_status);
    } else {
      exit_description_ =
          "was killed by signal " + std::to_string(info.si_status) + " (" + strsignal(info.si_status) + ")";
    }
  }

  const pid_t pid_;
  const Fd socket_;
  const Fd pid_fd_;
  std::mutex mutex_;  // one request at a time; also guards exit_description_
  std::string exit_description_;
};

std::array<Fd, 2> make_sockets() {
  plugin::fault_point("sim.socket");
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw_system("cannot create a socket pair", errno);
  return {Fd::high(ends[0]), Fd::high(ends[1])};
}

// The arguments of the new process. channel.hpp describes them.
struct Arguments {
  Arguments(const std::string &executable, const Identity &identity, const MemoryLayout &memory)
      : name(executable), label(identity.label), hooks_path(identity.hooks_path) {
    const std::uint64_t values[] = {wire::kWireVersion,    static_cast<std::uint64_t>(getpid()),
                                    memory.arena_address,  memory.arena_bytes,
                                    memory.window_address, memory.window_bytes};
    pointers[0] = name.data();
    for (std::size_t i = 0; i < std::size(values); ++i) {
      std::snprintf(texts[i], sizeof texts[i], "%" PRIx64, values[i]);
      pointers[i + 1] = texts[i];
    }
    pointers[wire::kArgumentCount - 2] = label.data();
    pointers[wire::kArgumentCount - 1] = hooks_path.data();
  }
  std::string name;
  std::string label;
  std::string hooks_path;
  char texts[wire::kArgumentCount - 3][17];
  char *pointers[wire::kArgumentCount + 1] = {};
};

// The environment of this process, with the variables of the identity replaced.
class Environment {
 public:
  explicit Environment(const Identity &identity) : variables_(identity.variables) {
    for (char **entry = environ; *entry != nullptr; ++entry)
      if (!is_replaced(*entry)) pointers_.push_back(*entry);
    for (std::string &variable : variables_) pointers_.push_back(variable.data());
    pointers_.push_back(nullptr);
  }
  char *const *pointers() const { return pointers_.data(); }

 private:
  bool is_replaced(std::string_view entry) const {
    return std::any_of(variables_.begin(), variables_.end(), [&](const std::string &variable) {
      return entry.starts_with(std::string_view(variable).substr(0, variable.find('=') + 1));
    });
  }
  std::vector<std::string> variables_;
  std::vector<char *> pointers_;
};

}  // namespace

std::unique_ptr<EngineHost> start_device_process(const std::string &executable, const Identity &identity,
                                                 const MemoryLayout &memory) {
  auto [mine, its] = make_sockets();
  SpawnPlan plan;
  plan.give(memory.control, wire::kControlFd);
  plan.give(memory.arena, wire::kArenaFd);
  plan.give(memory.window, wire::kWindowFd);
  plan.give(its, wire::kSocketFd);
  Arguments arguments(executable, identity, memory);
  const Environment environment(identity);
  auto process = std::make_unique<DeviceProcess>(plan.spawn(executable, arguments.pointers, environment.pointers()),
                                                 std::move(mine));
  its.reset();
  plugin::fault_point("sim.handshake");
  const std::optional<wire::Reply> ready = process->answer();
  if (!ready)
    throw plugin::Failure(
        HAL_ERR_UNAVAILABLE,
        "the device process " + executable + " " + process->exit_description() + " before it was ready",
        "read its messages on stderr; it must be of the same build as the plugin");
  if (ready->status == HAL_OK) return process;
  if (ready->value == EEXIST) return nullptr;
  throw plugin::Failure(ready->status, ready->text + (": " + plugins::errno_text(static_cast<int>(ready->value))),
                        "set HAL_SIM_MEMORY and HAL_SIM_MAPPED_MEMORY to less, or reinstall if the builds differ",
                        static_cast<std::int64_t>(ready->value), "errno");
}

}  // namespace hal::sim
