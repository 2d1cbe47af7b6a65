// SPDX-License-Identifier: Apache-2.0
//
// The lifetime of a device process relative to its host, and its cost while it is idle.
#include <dirent.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

constexpr int kPatienceMs = 5'000;

class Life : public SimTest {
 protected:
  pid_t device_process() { return static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)); }
  void expect_crash_and_reset_work() {
    EXPECT_EQ(wait(launch("call_abort", 1, {})), HAL_ERR_KERNEL_FAULT) << host_.message;
    ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
    device_ = (ops_->device_close(device_), nullptr);
    open();
    EXPECT_EQ(wait(launch("empty", 1, {})), HAL_OK) << host_.message;
  }
};

int open_pidfd(pid_t process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }

bool ends(int pidfd) {
  pollfd event = {pidfd, POLLIN, 0};
  return poll(&event, 1, kPatienceMs) == 1;
}

class HostDeath : public Life, public ::testing::WithParamInterface<bool> {};

// A killed host. The thread that opened its device has ended, or still runs.
TEST_P(HostDeath, EndsTheDeviceProcess) {
  close();
  const bool by_thread = GetParam();
  int process_pipe[2] = {-1, -1};
  int life_pipe[2] = {-1, -1};
  ASSERT_EQ(pipe(process_pipe), 0);
  ASSERT_EQ(pipe(life_pipe), 0);
  const pid_t host = fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    if (by_thread) {
      std::thread([this] { open(); }).join();
    } else {
      open();
    }
    const pid_t process = device_ == nullptr ? 0 : device_process();
    char never = 0;
    if (write(process_pipe[1], &process, sizeof process) != sizeof process) _exit(1);
    ::close(life_pipe[1]);
    static_cast<void>(!read(life_pipe[0], &never, 1));  // until it is killed
    _exit(1);
  }
  pid_t process = 0;
  ASSERT_EQ(read(process_pipe[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
  ASSERT_GT(process, 0);
  const int pidfd = open_pidfd(process);
  if (pidfd < 0) GTEST_SKIP() << "no pidfd: the test cannot wait for the end of the process";
  pollfd alive = {pidfd, POLLIN, 0};
  EXPECT_EQ(poll(&alive, 1, 0), 0) << "the device process outlives the thread that opened it";
  ASSERT_EQ(kill(host, SIGKILL), 0);
  EXPECT_TRUE(ends(pidfd)) << "device process " << process << " outlives its host";
  EXPECT_EQ(waitpid(host, nullptr, 0), host);
  for (const int fd : {process_pipe[0], process_pipe[1], life_pipe[0], life_pipe[1], pidfd}) ::close(fd);
}

INSTANTIATE_TEST_SUITE_P(OpenedBy, HostDeath, ::testing::Bool(),
                         [](const auto &info) { return info.param ? "a_thread_that_ended" : "the_main_thread"; });

TEST_F(Life, OfADeviceContinuesAfterTheThreadThatOpenedIt) {
  close();
  std::thread([this] { open(); }).join();
  EXPECT_EQ(wait(launch("empty", 1, {})), HAL_OK) << host_.message;
}

TEST_F(Life, WorksInAHostThatIgnoresItsChildren) {
  const auto before = signal(SIGCHLD, SIG_IGN);
  expect_crash_and_reset_work();
  close();
  signal(SIGCHLD, before);
}

TEST_F(Life, WorksInAHostThatReapsAllChildren) {
  std::atomic<bool> stop{false};
  std::thread reaper([&] {
    while (!stop.load()) waitpid(-1, nullptr, WNOHANG);
  });
  expect_crash_and_reset_work();
  close();
  stop.store(true);
  reaper.join();
}

// All threads of a process: whether they sleep, and the number of their context switches.
struct Threads {
  bool asleep = true;
  std::uint64_t switches = 0;
};

Threads threads_of(pid_t process) {
  Threads all;
  for (const auto &entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream file(entry.path() / "status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("State:") && line.find('S') == std::string::npos) all.asleep = false;
      if (line.find("ctxt_switches:") != std::string::npos)
        all.switches += std::stoull(line.substr(line.find(':') + 1));
    }
  }
  return all;
}

TEST_F(Life, WithoutWorkNeedsNoProcessor) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer has a thread of its own that wakes up every 100 ms";
#endif
  const pid_t process = device_process();
  const int pidfd = open_pidfd(process);
  if (pidfd < 0) GTEST_SKIP() << "without pidfd the device process checks its parent from time to time";
  EXPECT_EQ(wait(launch("empty", 64, {})), HAL_OK) << host_.message;
  // Threads may still be falling asleep after the work. A thread that wakes up from time to time shows in every window.
  constexpr int kWindowMs = 200;
  bool slept_through = false;
  for (int windows = 0; !slept_through && windows < 20; ++windows) {
    const Threads before = threads_of(process);
    pollfd event = {pidfd, POLLIN, 0};
    ASSERT_EQ(poll(&event, 1, kWindowMs), 0) << "the device process has ended";
    const Threads after = threads_of(process);
    slept_through = before.asleep && after.asleep && after.switches == before.switches;
  }
  EXPECT_TRUE(slept_through) << "a thread wakes up at least every " << kWindowMs << " ms";
  ::close(pidfd);
}

}  // namespace
}  // namespace hal::sim::test
