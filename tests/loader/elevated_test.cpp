// SPDX-License-Identifier: Apache-2.0
//
// The user nobody runs a set-uid copy of a small program.
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got; (got = ::read(fd, part.data(), part.size())) > 0;) text.append(part.data(), got);
  return text;
}

class Elevated : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(HAL_ELEVATED_HELPER).empty()) GTEST_SKIP() << "sanitizers do not work in set-uid programs";
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make a set-uid program of root";
    struct statvfs mount = {};
    if (::statvfs(machine.root().c_str(), &mount) != 0 || (mount.f_flag & ST_NOSUID) != 0)
      GTEST_SKIP() << "the temporary directory is mounted nosuid";
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) GTEST_SKIP() << "set-uid is off for this process";
    fs::permissions(machine.root(), fs::perms(0755));
    fs::copy_file(HAL_ELEVATED_HELPER, program());
    fs::permissions(program(), fs::perms(04755));
    fs::permissions(machine.folder("hal"), fs::perms(0755));
    fs::permissions(machine.folder("hal/plugins-0"), fs::perms(0755));
  }

  fs::path program() const { return machine.root() / "helper"; }

  // Returns what the program prints when the user nobody runs it.
  std::string run(const char *backend = nullptr) {
    int ends[2] = {};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                           ::setresuid(kNobody, kNobody, kNobody) == 0;
      if (dropped && ::dup2(ends[1], STDOUT_FILENO) >= 0) ::execl(program().c_str(), "helper", backend, nullptr);
      ::_exit(99);
    }
    ::close(ends[1]);
    std::string text = read_all(ends[0]);
    ::close(ends[0]);
    int ending = 0;
    EXPECT_EQ(::waitpid(child, &ending, 0), child);
    EXPECT_TRUE(WIFEXITED(ending) && WEXITSTATUS(ending) == 0) << ending << "\n" << text;
    return text;
  }

  FakeMachine machine;
};

TEST_F(Elevated, HalPluginPathAndHalBackendAreIgnoredAndLoggedInOneLine) {
  machine.add_good_plugin();
  setenv("HAL_BACKEND", "fake-sim", 1);
  const std::string text = run();
  EXPECT_TRUE(contains(text, "log: this process has elevated privileges and ignores HAL_")) << text;
  EXPECT_TRUE(contains(text, "HAL_BACKEND")) << text;
  EXPECT_TRUE(contains(text, "HAL_PLUGIN_PATH")) << text;
  EXPECT_FALSE(contains(text, "candidate: fake-sim")) << text;
  EXPECT_TRUE(contains(text, "selected: none")) << text;
}

TEST_F(Elevated, RootsPluginsInRootsDirectoriesAreLoaded) {
  machine.add_plugin("fake-npu", "hal/plugins-0");
  const std::string text = run();
  EXPECT_TRUE(contains(text, "candidate: fake-npu good [library]")) << text;
  EXPECT_TRUE(contains(text, "selected: fake-npu")) << text;
}

TEST_F(Elevated, APluginOfAnotherUserIsRefused) {
  ASSERT_EQ(::chown(machine.add_plugin("fake-npu", "hal/plugins-0").c_str(), kNobody, kNobody), 0);
  const std::string text = run();
  EXPECT_TRUE(contains(text, "untrusted_path")) << text;
  EXPECT_TRUE(contains(text, "not owned and writable by root only")) << text;
  EXPECT_TRUE(contains(text, "selected: none")) << text;
}

// The simulators run a program and load a library that lie beside them.
class ElevatedSimulator : public Elevated {
 protected:
  void SetUp() override {
    Elevated::SetUp();
    if (IsSkipped()) return;
    for (const char *name : {"libhal-a2a3-sim.so", "hal-sim-device", "hal-sim-hooks.so"}) {
      fs::copy_file(fs::path(HAL_SIM_PLUGIN_DIR) / name, beside(name));
      fs::permissions(beside(name), fs::perms(0755));
    }
  }
  fs::path beside(const char *name) const { return machine.root() / "hal" / "plugins-0" / name; }
};

TEST_F(ElevatedSimulator, OfRootInRootsDirectoryRuns) {
  const std::string text = run("a2a3-sim");
  EXPECT_TRUE(contains(text, "opened: OK")) << text;
}

TEST_F(ElevatedSimulator, RunsNoProgramAndLoadsNoLibraryOfSomebodyElse) {
  for (const char *name : {"hal-sim-device", "hal-sim-hooks.so"}) {
    ASSERT_EQ(::chown(beside(name).c_str(), kNobody, kNobody), 0);
    const std::string text = run("a2a3-sim");
    EXPECT_TRUE(contains(text, std::string(name) + " is not trusted: this process has elevated privileges")) << text;
    EXPECT_FALSE(contains(text, "opened: OK")) << text;
    ASSERT_EQ(::chown(beside(name).c_str(), 0, 0), 0);
  }
}

TEST_F(Elevated, AGroupWritableDirectoryIsRefused) {
  machine.add_plugin("fake-npu", "hal/plugins-0");
  fs::permissions(machine.root() / "hal" / "plugins-0", fs::perms(0775));
  EXPECT_TRUE(contains(run(), "untrusted_path"));
}

}  // namespace
}  // namespace hal::test
