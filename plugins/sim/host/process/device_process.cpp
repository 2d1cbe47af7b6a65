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
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string_view>
#include <vector>

#include "hal/hal_plugin.hpp"
#include "sim/host/process/engine_host.hpp"
#include "sim/host/process/reply.hpp"
#include "sim/wire/channel.hpp"
#include "sim/wire/doorbell.hpp"
#include "sim/wire/sliced_time.hpp"
#include "support/text.hpp"

extern char **environ;

namespace hal::sim {
namespace {

constexpr std::uint64_t kStopNs = 100'000'000;    // time to end after a stop request, before it is killed
constexpr std::uint64_t kEndNs = 1'000'000'000;   // time to end by itself, for example while it records a fault
constexpr std::uint64_t kKillNs = 5'000'000'000;  // time to end after SIGKILL
constexpr std::uint64_t kCheckNs = 1'000'000;     // between two checks without a pidfd

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

// The rest of the line "name:" of /proc/<process>/status, without blanks before it.
std::string status_line(pid_t process, std::string_view name) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", name.size());
    return begin == line.npos ? "" : line.substr(begin);
  }
  return {};
}

// Waits for an event of one of the descriptors; negative ones are ignored. Returns early after a signal.
template <std::size_t kCount>
void poll_once(pollfd (&events)[kCount], std::uint64_t ns) {
  const timespec timeout = {static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
  if (ppoll(events, kCount, &timeout, nullptr) >= 0) return;
  for (pollfd &event : events) event.revents = 0;
}

class DeviceProcess final : public EngineHost {
 public:
  DeviceProcess(pid_t pid, Fd socket, std::uint64_t load_timeout_ns)
      : pid_(pid),
        socket_(std::move(socket)),
        pid_fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))),
        load_timeout_ns_(load_timeout_ns) {}

  ~DeviceProcess() override {
    const std::lock_guard lock(end_mutex_);
    if (!exit_description_.empty()) return;
    const wire::Request stop = {.kind = wire::RequestKind::kStop, .number = 0, .object = 0, .name = {}};
    if (!wire::send_message(socket_.get(), &stop, sizeof stop) || !ended_within(kStopNs)) kill_it();
    collect("");
  }

  std::optional<wire::Reply> request(const Call &call) override {
    const std::lock_guard lock(request_mutex_);
    if (!wire::send_message(socket_.get(), &call.request, sizeof call.request, call.fd)) return std::nullopt;
    return answer(call);
  }

  std::optional<wire::Reply> answer(const Call &call) {
    wire::SlicedTime time;
    time.restart(wire::now_ns());
    for (bool ended = false;;) {
      // A reply that has arrived is taken before the end of the process or the deadline is looked at.
      std::byte message[sizeof(wire::Reply)];
      if (const std::ptrdiff_t size = wire::receive_now(socket_.get(), message, sizeof message); size >= 0)
        return size == 0 ? std::nullopt : take(message, static_cast<std::size_t>(size), call);
      if (ended) return std::nullopt;
      if (time.counted_ns() >= load_timeout_ns_) {
        if (!is_traced()) return give_up(call);
        time.restart(wire::now_ns());
      }
      pollfd events[] = {{socket_.get(), POLLIN, 0}, {pid_fd_.get(), POLLIN, 0}};
      poll_once(events, wire::kSliceNs);
      ended = pid_fd_.get() < 0 ? has_ended() : events[1].revents != 0;
      time.add(wire::now_ns());
    }
  }

  bool alive() override {
    pollfd events[] = {{socket_.get(), POLLRDHUP, 0}, {pid_fd_.get(), POLLIN, 0}};
    poll_once(events, 0);
    // A process that closed its socket cannot serve any more, for example after exec.
    if (events[0].revents != 0 || events[1].revents != 0) return false;
    return pid_fd_.get() >= 0 || !has_ended();
  }

  std::int64_t process_id() const override { return pid_; }

  std::string exit_description() override {
    const std::lock_guard lock(end_mutex_);
    if (!exit_description_.empty()) return exit_description_;
    if (ended_within(kEndNs)) {
      collect("");
    } else {
      kill_it();
      collect("closed its control socket and did not end");
    }
    return exit_description_;
  }

  void end(const std::string &what) override {
    const std::lock_guard lock(end_mutex_);
    if (!exit_description_.empty()) return;
    if (has_ended()) return collect("");
    kill_it();
    collect(what);
  }

  bool is_traced() const override {
    const std::string tracer = status_line(pid_, "TracerPid:");
    return !tracer.empty() && tracer != "0";
  }
  std::string state() const override { return status_line(pid_, "State:"); }
  bool was_too_slow() const override { return too_slow_.load(std::memory_order_acquire); }

 private:
  std::optional<wire::Reply> take(const std::byte *message, std::size_t size, const Call &call) {
    std::string why;
    std::optional<wire::Reply> reply = parse_reply(message, size, call, why);
    if (!reply) end("sent " + why + ", while the host waited for " + call.step);
    return reply;
  }

  std::nullopt_t give_up(const Call &call) {
    const std::string state_now = state();
    too_slow_.store(true, std::memory_order_release);
    end("needed more than " + std::to_string(load_timeout_ns_ / 1'000'000) + " ms (HAL_SIM_LOAD_TIMEOUT_MS) for " +
        call.step + (state_now.empty() ? "" : ", state " + state_now));
    return std::nullopt;
  }

  bool has_ended() const {
    if (pid_fd_.get() >= 0) {
      pollfd events[] = {{pid_fd_.get(), POLLIN, 0}};
      poll_once(events, 0);
      return events[0].revents != 0;
    }
    siginfo_t info = {};  // before Linux 5.3
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ? errno == ECHILD
                                                                                           : info.si_pid != 0;
  }

  bool ended_within(std::uint64_t limit_ns) const {
    wire::SlicedTime time;
    time.restart(wire::now_ns());
    for (;;) {
      if (has_ended()) return true;
      if (time.add(wire::now_ns()) >= limit_ns) return false;
      pollfd events[] = {{pid_fd_.get(), POLLIN, 0}};
      poll_once(events, pid_fd_.get() >= 0 ? wire::kSliceNs : kCheckNs);
    }
  }

  void kill_it() const {
    if (pid_fd_.get() >= 0) {
      syscall(SYS_pidfd_send_signal, pid_fd_.get(), SIGKILL, nullptr, 0);
    } else {
      kill(pid_, SIGKILL);
    }
  }

  // Takes the exit status of a process that has ended, or that was killed. what: why the host killed it; "": it ended
  // by itself. A host that waits for all children or ignores SIGCHLD may have taken the status before.
  void collect(const std::string &what) {
    exit_description_ = what.empty() ? "" : what + "; the host ended it";
    if (!ended_within(kKillNs)) {
      exit_description_ += (what.empty() ? "" : ", but it") + std::string(" does not end after SIGKILL");
      plugin::log(HAL_LOG_ERROR, "device process " + std::to_string(pid_) +
                                     " does not end after SIGKILL; its memory stays in use until it does");
      return;
    }
    siginfo_t info = {};
    int got = 0;
    do {
      got = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
    } while (got != 0 && errno == EINTR);
    if (!what.empty()) return;
    if (got != 0 || info.si_pid == 0) {
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
  const Fd pid_fd_;  // −1 before Linux 5.3
  const std::uint64_t load_timeout_ns_;
  std::mutex request_mutex_;  // one request at a time
  std::mutex end_mutex_;      // of the end of the process; guards exit_description_
  std::string exit_description_;
  std::atomic<bool> too_slow_{false};
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
                                                 const MemoryLayout &memory, std::uint64_t load_timeout_ns) {
  auto [mine, its] = make_sockets();
  SpawnPlan plan;
  plan.give(memory.control, wire::kControlFd);
  plan.give(memory.arena, wire::kArenaFd);
  plan.give(memory.window, wire::kWindowFd);
  plan.give(its, wire::kSocketFd);
  Arguments arguments(executable, identity, memory);
  const Environment environment(identity);
  auto process = std::make_unique<DeviceProcess>(plan.spawn(executable, arguments.pointers, environment.pointers()),
                                                 std::move(mine), load_timeout_ns);
  its.reset();
  plugin::fault_point("sim.handshake");
  const std::optional<wire::Reply> ready = process->answer({.request = {}, .step = "the start"});
  if (!ready)
    throw plugin::Failure(
        HAL_ERR_UNAVAILABLE, "the device process " + executable + " was not ready: it " + process->exit_description(),
        process->was_too_slow() ? "if the machine is slow, set HAL_SIM_LOAD_TIMEOUT_MS to more, or to 0 for no limit"
                                : "read its messages on stderr; it must be of the same build as the plugin");
  if (ready->status == HAL_OK) return process;
  if (ready->value == EEXIST) return nullptr;
  throw plugin::Failure(ready->status, ready->text + (": " + plugins::errno_text(static_cast<int>(ready->value))),
                        "set HAL_SIM_MEMORY and HAL_SIM_MAPPED_MEMORY to less, or reinstall if the builds differ",
                        static_cast<std::int64_t>(ready->value), "errno");
}

}  // namespace hal::sim
