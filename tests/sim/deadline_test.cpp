// SPDX-License-Identifier: Apache-2.0
//
// The deadlines that the host keeps itself: nothing that a device process does or omits lets a call wait for ever.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fake_host.hpp"
#include "sim/wire/channel.hpp"
#include "sim/wire/doorbell.hpp"
#include "sim/wire/sliced_time.hpp"

namespace hal::sim::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kPatienceNs = 30'000 * kMs;  // a wait that takes this long would not end
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char *kLoadTimeoutMs = "6000";
#else
constexpr const char *kLoadTimeoutMs = "2000";
#endif

TEST(SlicedTime, CountsALongSliceAsTwentyMilliseconds) {
  wire::SlicedTime time;
  time.restart(1'000 * kMs);
  EXPECT_EQ(time.add(1'008 * kMs), 8 * kMs);
  EXPECT_EQ(time.add(1'028 * kMs), 28 * kMs);
  EXPECT_EQ(time.add(1'000'000 * kMs), 48 * kMs) << "the process was frozen";
  EXPECT_EQ(time.add(1'000'001 * kMs), 49 * kMs);
  time.restart(2'000'000 * kMs);
  EXPECT_EQ(time.add(2'000'015 * kMs, 10 * kMs), 10 * kMs);
  EXPECT_EQ(time.counted_ns(), 10 * kMs);
}

class Deadline : public SimTest {
 protected:
  void SetUp() override {
    host_.options["LOAD_TIMEOUT_MS"] = kLoadTimeoutMs;
    open();
  }
  void TearDown() override {
    SimTest::TearDown();
    siginfo_t info = {};
    EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1) << "a child process is left";
    EXPECT_EQ(errno, ECHILD);
  }

  pid_t device_process() { return static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)); }
  // A stopped process cannot find kernels. The host remembers those that were found before.
  void find_kernels() {
    for (const char *name : {"empty", "wait_for_flag"}) ASSERT_NE(kernel(name), nullptr);
  }
  void stop_device_process() {
    find_kernels();
    ASSERT_EQ(kill(device_process(), SIGSTOP), 0);
    siginfo_t info = {};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(device_process()), &info, WSTOPPED), 0);
  }

  hal_status_t load_slow(const char *path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    return ops_->executable_load(device_, bytes.data(), bytes.size(), "slow.so", &slow_);
  }

  bool message_has(const std::vector<std::string> &parts) {
    for (const std::string &part : parts)
      if (host_.message.find(part) == std::string::npos) return false;
    return true;
  }

  void expect_works_after_reset() {
    ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
    device_ = (ops_->device_close(device_), nullptr);
    open();
    EXPECT_EQ(wait(launch("empty", 1, {}), kPatienceNs), HAL_OK) << host_.message;
  }

  hal_pexec_t slow_ = nullptr;
};

TEST_F(Deadline, EndsALoadWhoseConstructorDoesNotEnd) {
  ASSERT_EQ(load_slow(HAL_TEST_SLOW_CONSTRUCTOR), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"device 0 is lost", std::string("more than ") + kLoadTimeoutMs + " ms",
                           "(HAL_SIM_LOAD_TIMEOUT_MS) for loading slow.so", "the host ended it"}))
      << host_.message;
  EXPECT_EQ(load_slow(HAL_TEST_SLOW_CONSTRUCTOR), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"for loading slow.so"})) << host_.message;
  expect_works_after_reset();
}

TEST_F(Deadline, EndsAnUnloadWhoseDestructorDoesNotEnd) {
  ASSERT_EQ(load_slow(HAL_TEST_SLOW_DESTRUCTOR), HAL_OK) << host_.message;
  ASSERT_EQ(ops_->executable_unload(device_, slow_), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"(HAL_SIM_LOAD_TIMEOUT_MS) for unloading slow.so"})) << host_.message;
  expect_works_after_reset();
}

TEST_F(Deadline, OfALaunchIsKeptDuringALoad) {
  close();
  host_.options["LOAD_TIMEOUT_MS"] = "20000";
  open();
  const std::uint64_t ticket = launch("never_ends", 1, {}, 500 * kMs);
  EXPECT_EQ(load_slow(HAL_TEST_SLOW_CONSTRUCTOR), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"kernel never_ends", "longer than its time limit, and was stopped"})) << host_.message;
  EXPECT_EQ(wait(ticket, kPatienceNs), HAL_ERR_KERNEL_TIMEOUT) << host_.message;
}

TEST_F(Deadline, EndsALoadInAStoppedDeviceProcess) {
  stop_device_process();
  ASSERT_EQ(load_slow(HAL_TEST_SLOW_DESTRUCTOR), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"(HAL_SIM_LOAD_TIMEOUT_MS) for loading slow.so", "state T (stopped)"})) << host_.message;
  expect_works_after_reset();
}

TEST_F(Deadline, EndsALaunchInAStoppedDeviceProcess) {
  hal_pmem_info_v1_t info = {};
  allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  stop_device_process();
  const std::uint64_t first = launch("wait_for_flag", 1, {info.device_addr}, 200 * kMs);
  const std::uint64_t second = launch("empty", 1, {}, 200 * kMs);
  EXPECT_EQ(wait(first, kPatienceNs), HAL_ERR_KERNEL_TIMEOUT) << host_.message;
  EXPECT_TRUE(message_has({"kernel wait_for_flag of kernels", "longer than its time limit",
                           "did not keep the time limit, state T (stopped); the host ended it"}))
      << host_.message;
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->kernel, "wait_for_flag");
  EXPECT_FALSE(host_.fault->block);
  EXPECT_EQ(wait(second, kPatienceNs), HAL_ERR_DEVICE_LOST) << host_.message;
  expect_works_after_reset();
}

TEST_F(Deadline, EndsALaunchThatIsOnlyQueried) {
  stop_device_process();
  const std::uint64_t ticket = launch("empty", 1, {}, 50 * kMs);
  const std::uint64_t end = wire::now_ns() + kPatienceNs;
  hal_status_t status = HAL_OK;
  for (std::uint64_t done = 0; status == HAL_OK && done < ticket && wire::now_ns() < end;)
    status = ops_->stream_query(device_, stream_, &done);
  EXPECT_EQ(status, HAL_ERR_KERNEL_TIMEOUT) << host_.message;
}

TEST_F(Deadline, DoesNotExistForALaunchWithoutALimit) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  stop_device_process();
  const std::uint64_t ticket = launch("wait_for_flag", 1, {info.device_addr});
  EXPECT_EQ(wait(ticket, 1'500 * kMs), HAL_ERR_TIMEOUT) << host_.message;
  ASSERT_EQ(kill(device_process(), SIGCONT), 0);
  static_cast<std::atomic<std::uint32_t> *>(info.host_ptr)->store(1);
  EXPECT_EQ(wait(ticket, kPatienceNs), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

// The device process does not count the time in which it was stopped.
TEST_F(Deadline, AllowsAStopThatEndsBeforeTheHostsDeadline) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::uint64_t ticket = launch("wait_for_flag", 1, {info.device_addr}, 1'500 * kMs);
  stop_device_process();
  EXPECT_EQ(wait(ticket, 1'800 * kMs), HAL_ERR_TIMEOUT) << host_.message;
  ASSERT_EQ(kill(device_process(), SIGCONT), 0);
  EXPECT_EQ(wait(ticket, 300 * kMs), HAL_ERR_TIMEOUT) << host_.message;
  static_cast<std::atomic<std::uint32_t> *>(info.host_ptr)->store(1);
  EXPECT_EQ(wait(ticket, kPatienceNs), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(Deadline, WaitsForADebugger) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const pid_t process = device_process();
  find_kernels();
  if (ptrace(PTRACE_ATTACH, process, nullptr, nullptr) != 0) {
    EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
    GTEST_SKIP() << "this process may not trace: errno " << errno;
  }
  ASSERT_EQ(waitpid(process, nullptr, __WALL), process);
  const std::uint64_t ticket = launch("wait_for_flag", 1, {info.device_addr}, 50 * kMs);
  EXPECT_EQ(wait(ticket, 1'500 * kMs), HAL_ERR_TIMEOUT) << host_.message;
  static_cast<std::atomic<std::uint32_t> *>(info.host_ptr)->store(1);
  EXPECT_EQ(wait(ticket, kPatienceNs), HAL_OK) << host_.message;
  EXPECT_EQ(ptrace(PTRACE_DETACH, process, nullptr, nullptr), 0);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(Deadline, IsNotNeededWhenAKernelExecutesAnotherProgram) {
  EXPECT_EQ(wait(launch("exec_program", 1, {}), kPatienceNs), HAL_ERR_DEVICE_LOST) << host_.message;
  EXPECT_TRUE(message_has({"closed its control socket and did not end; the host ended it"})) << host_.message;
  expect_works_after_reset();
}

TEST_F(Deadline, IsNotNeededAfterAStrayByteOnTheControlSocket) {
  EXPECT_EQ(wait(launch("send_to_host", 1, {1}), kPatienceNs), HAL_OK) << host_.message;
  EXPECT_EQ(load_slow(HAL_TEST_SLOW_DESTRUCTOR), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"sent a message of 1 byte", "while the host waited for loading slow.so"})) << host_.message;
  expect_works_after_reset();
}

TEST_F(Deadline, IsNotNeededAfterAForgedReply) {
  EXPECT_EQ(wait(launch("send_to_host", 1, {sizeof(wire::Reply)}), kPatienceNs), HAL_OK) << host_.message;
  hal_kernel_info_t info = {};
  hal_pkernel_t found = nullptr;
  EXPECT_EQ(ops_->kernel_find(device_, executable_, "empty", &found, &info), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(message_has({"sent the reply to another request", "finding kernel 'empty' of kernels"})) << host_.message;
  expect_works_after_reset();
}

// A directory for a plugin with another program for the device process.
class OtherHelper : public Deadline {
 protected:
  OtherHelper() {
    std::string pattern = fs::temp_directory_path() / "hal-helper-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    plugin_path_ = directory_ / "plugin.so";
    host_.services.plugin_path = plugin_path_.c_str();
    fs::create_symlink(fs::path(HAL_TEST_PLUGIN).parent_path() / "hal-sim-hooks.so", directory_ / "hal-sim-hooks.so");
  }
  ~OtherHelper() override { fs::remove_all(directory_); }
  void SetUp() override {}

  void expect_open_fails(const std::string &script) {
    const fs::path helper = directory_ / "hal-sim-device";
    std::ofstream(helper) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(helper, fs::perms(0755));
    host_.options["LOAD_TIMEOUT_MS"] = "300";
    ASSERT_EQ(enter(backend_, *chip_, &host_.services, &host_.plugin), HAL_OK);
    ops_ = host_.plugin.ops;
    EXPECT_EQ(ops_->device_open(host_.plugin.self, 0, &device_), HAL_ERR_UNAVAILABLE);
    device_ = nullptr;
  }

  fs::path directory_;
  std::string plugin_path_;
};

TEST_F(OtherHelper, ThatNeverAnswersIsEnded) {
  expect_open_fails("exec sleep 60");
  EXPECT_TRUE(message_has({"/hal-sim-device was not ready: it needed more than 300 ms (HAL_SIM_LOAD_TIMEOUT_MS)",
                           "for the start", "the host ended it"}))
      << host_.message;
}

TEST_F(OtherHelper, ThatClosesItsSocketIsEnded) {
  expect_open_fails("exec sleep 60 6<&-");
  EXPECT_TRUE(message_has({"was not ready: it closed its control socket and did not end"})) << host_.message;
}

TEST_F(OtherHelper, ThatSendsSomethingElseIsEnded) {
  expect_open_fails("echo no >&6; exec sleep 60");
  EXPECT_TRUE(message_has({"was not ready: it sent a message of 3 bytes", "waited for the start"})) << host_.message;
}

// A host that is killed while an object is loaded.
TEST_F(Deadline, OfALoadDoesNotLetTheDeviceProcessOutliveItsHost) {
  close();
  const std::string started = fs::temp_directory_path() / ("hal-started-" + std::to_string(getpid()));
  ASSERT_EQ(mkfifo(started.c_str(), 0600), 0);
  const int fifo = ::open(started.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fifo, 0);
  int process_pipe[2] = {-1, -1};
  ASSERT_EQ(pipe(process_pipe), 0);
  const pid_t host = fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    setenv("HAL_TEST_STARTED", started.c_str(), 1);
    host_.options["LOAD_TIMEOUT_MS"] = "0";
    open();
    const pid_t process = device_ == nullptr ? 0 : device_process();
    if (write(process_pipe[1], &process, sizeof process) == sizeof process) load_slow(HAL_TEST_SLOW_CONSTRUCTOR);
    _exit(1);
  }
  pid_t process = 0;
  ASSERT_EQ(read(process_pipe[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  pollfd begun = {fifo, POLLIN, 0};
  EXPECT_EQ(poll(&begun, 1, static_cast<int>(kPatienceNs / kMs)), 1) << "the constructor does not run";
  EXPECT_EQ(kill(host, SIGKILL), 0);
  EXPECT_EQ(waitpid(host, nullptr, 0), host);
  if (pidfd >= 0) {
    pollfd ended = {pidfd, POLLIN, 0};
    EXPECT_EQ(poll(&ended, 1, static_cast<int>(kPatienceNs / kMs)), 1) << "device process " << process << " is left";
  }
  for (const int fd : {process_pipe[0], process_pipe[1], pidfd, fifo}) ::close(fd);
  fs::remove(started);
}

}  // namespace
}  // namespace hal::sim::test
