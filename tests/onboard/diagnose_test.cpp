// SPDX-License-Identifier: Apache-2.0
//
// The findings of an onboard plugin about a machine that consists of files in a temporary directory.
#include "onboard/diagnose.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "onboard/visible_devices.hpp"
#include "support/machine.hpp"
#include "support/text.hpp"

namespace hal::onboard {
namespace {

namespace fs = std::filesystem;

struct Seen {
  hal_finding_verdict_t verdict;
  std::string section, value, hint;
};

class DiagnoseTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hal-onboard-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    view_.root = name;
    fs::permissions(view_.root, fs::perms(0755));
  }
  void TearDown() override { fs::remove_all(view_.root); }

  void add(const std::string &path, const std::string &text = {}) {
    fs::create_directories(fs::path(view_.root + path).parent_path());
    std::ofstream(view_.root + path) << text;
    fs::permissions(view_.root + path, fs::perms(0666));
  }

  // Two devices, a driver, a recent kernel.
  void add_good_machine() {
    for (const char *node : {"davinci0", "davinci1", "davinci_manager", "devmm_svm", "hisi_hdc"})
      add(std::string("/dev/") + node);
    add("/usr/local/Ascend/driver/version.info", "Version=24.1.rc3\nascendhal_version=7.35.19\n");
    add("/usr/local/Ascend/driver/lib64/driver/libascend_hal.so");
    add("/proc/sys/kernel/osrelease", "6.1.0-18-arm64\n");
    add("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    add("/proc/sys/vm/nr_hugepages", "0\n");
  }

  static void keep(void *user, const hal_finding_t *finding) {
    auto &seen = static_cast<DiagnoseTest *>(user)->seen_;
    seen[finding->name] = {finding->verdict, finding->section, finding->value, finding->hint};
  }

  const Seen &look(const std::string &name) {
    seen_.clear();
    plugins::Findings findings(&keep, this);
    diagnose_machine(view_, findings);
    return seen_[name];
  }

  std::size_t count(hal_finding_verdict_t verdict) const {
    return static_cast<std::size_t>(
        std::count_if(seen_.begin(), seen_.end(), [=](const auto &one) { return one.second.verdict == verdict; }));
  }

  MachineView view_;
  std::map<std::string, Seen> seen_;
};

TEST_F(DiagnoseTest, AGoodMachineHasNeitherProblemsNorWarnings) {
  add_good_machine();
  EXPECT_EQ(look("driver version").value, "24.1.rc3");
  EXPECT_EQ(seen_["/dev/davinci1"].verdict, HAL_FINDING_OK);
  EXPECT_EQ(seen_["transparent hugepages"].value, "madvise");
  EXPECT_EQ(seen_["locked memory"].hint, "");
  EXPECT_EQ(count(HAL_FINDING_PROBLEM), 0u);
  EXPECT_EQ(count(HAL_FINDING_WARNING), 0u);
}

TEST_F(DiagnoseTest, AnEmptyMachineReportsEveryMissingNodeWithAHint) {
  EXPECT_EQ(look("/dev/davinci<N>").verdict, HAL_FINDING_PROBLEM);
  for (const char *node : {"/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc"}) {
    EXPECT_EQ(seen_[node].value, "missing") << node;
    EXPECT_NE(seen_[node].hint.find(std::string("--device=") + node), std::string::npos) << seen_[node].hint;
  }
  EXPECT_EQ(seen_["driver version"].verdict, HAL_FINDING_WARNING);
  EXPECT_EQ(seen_["driver library"].verdict, HAL_FINDING_WARNING);
}

TEST_F(DiagnoseTest, TheHintForAContainerWithoutDevicesListsWhatToMap) {
  add("/.dockerenv");
  const std::string hint = look("/dev/davinci<N>").hint;
  for (const char *part : {"--device=/dev/davinci0", "--device=/dev/hisi_hdc", "/usr/local/Ascend/driver"})
    EXPECT_NE(hint.find(part), std::string::npos) << hint;
}

// Root can open everything, so the test runs as the user nobody.
TEST_F(DiagnoseTest, ANodeThatThisUserCannotOpenIsReportedWithModeAndOwner) {
  add_good_machine();
  fs::permissions(view_.root + "/dev/davinci1", fs::perms(0440));
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const Seen found = look("/dev/davinci1");
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(found.verdict, HAL_FINDING_PROBLEM);
  EXPECT_NE(found.value.find("mode 0440, "), std::string::npos) << found.value;
  EXPECT_NE(found.hint.find("usermod"), std::string::npos) << found.hint;
  EXPECT_EQ(seen_["/dev/davinci0"].verdict, HAL_FINDING_OK);
}

TEST_F(DiagnoseTest, TheDriverIsFoundInTheDirectoryThatItsInstallerRecorded) {
  add_good_machine();
  add("/etc/ascend_install.info", "UserName=HwHiAiUser\nDriver_Install_Path_Param=/opt/ascend\n");
  EXPECT_EQ(look("driver version").value, "unknown: /opt/ascend/driver/version.info has no Version");
  add("/opt/ascend/driver/version.info", "Version=25.0\n");
  EXPECT_EQ(look("driver version").value, "25.0");
}

TEST_F(DiagnoseTest, OldKernelsAreReported) {
  add_good_machine();
  const std::pair<const char *, hal_finding_verdict_t> kernels[] = {{"4.19.90-2107.6.0", HAL_FINDING_WARNING},
                                                                    {"5.10.0-60.18.0", HAL_FINDING_WARNING},
                                                                    {"5.11.0", HAL_FINDING_INFO},
                                                                    {"5.18.19", HAL_FINDING_INFO},
                                                                    {"5.19.0-rc1", HAL_FINDING_OK},
                                                                    {"odd", HAL_FINDING_INFO}};
  for (const auto &[release, verdict] : kernels) {
    add("/proc/sys/kernel/osrelease", release);
    EXPECT_EQ(look("kernel").verdict, verdict) << release;
  }
}

TEST_F(DiagnoseTest, TheFirstInvalidEntryOfTheListIsNamed) {
  add_good_machine();
  EXPECT_EQ(look(kVisibleDevices).value, "not set: all devices are visible");
  view_.visible_devices = "0,1";
  EXPECT_EQ(look(kVisibleDevices).verdict, HAL_FINDING_OK);
  view_.visible_devices = "0, 1";
  EXPECT_EQ(look(kVisibleDevices).verdict, HAL_FINDING_WARNING);
  EXPECT_NE(seen_[kVisibleDevices].value.find("1 devices, cut off at \" 1\""), std::string::npos)
      << seen_[kVisibleDevices].value;
  view_.visible_devices = "2";
  EXPECT_EQ(look(kVisibleDevices).verdict, HAL_FINDING_PROBLEM) << "only devices 0 and 1 exist";
}

TEST_F(DiagnoseTest, TheRuntimeIsReportedAsAProblemOrWithItsFacts) {
  plugins::Findings findings(&keep, this);
  diagnose_runtime({false, "no libascendcl.so in /opt", "source set_env.sh", {}, {}}, findings);
  EXPECT_EQ(seen_["library"].verdict, HAL_FINDING_PROBLEM);
  EXPECT_EQ(seen_["library"].hint, "source set_env.sh");
  diagnose_runtime({true, "acl, /opt/libascendcl.so, 8.5.0", "", {{"registration", "v2"}}, {"aclrtFoo"}}, findings);
  EXPECT_EQ(seen_["library"].verdict, HAL_FINDING_OK);
  EXPECT_EQ(seen_["registration"].value, "v2");
  EXPECT_EQ(seen_["aclrtFoo"].verdict, HAL_FINDING_INFO);
}

TEST(VisibleDevicesTest, ListsAreReadUpToTheFirstInvalidEntry) {
  const auto read = [](const char *list, std::optional<std::uint32_t> count = std::nullopt) {
    const VisibleDevices visible = parse_visible_devices(list, count);
    std::string text;
    for (const std::uint32_t device : visible.devices) text += std::to_string(device) + " ";
    return text + (visible.why.empty() ? "" : "! '" + visible.rejected + "'");
  };
  EXPECT_EQ(read("0"), "0 ");
  EXPECT_EQ(read("1,2,3"), "1 2 3 ");
  EXPECT_EQ(read("0,7", 8), "0 7 ");
  EXPECT_EQ(read("0,8", 8), "0 ! '8'");
  EXPECT_EQ(read(""), "! ''");
  EXPECT_EQ(read("0,"), "0 ! ''");
  EXPECT_EQ(read("0,,1"), "0 ! ''");
  EXPECT_EQ(read("0, 1"), "0 ! ' 1'");
  EXPECT_EQ(read("2,1"), "2 ! '1'");
  EXPECT_EQ(read("1,1"), "1 ! '1'");
  EXPECT_EQ(read("-1"), "! '-1'");
  EXPECT_EQ(read("0,x,1"), "0 ! 'x'");
  EXPECT_EQ(read("0;1"), "! '0;1'");
  EXPECT_EQ(read("4294967296"), "! '4294967296'");
}

TEST(MachineTest, FilesAreParsedAndSizesArePrinted) {
  EXPECT_EQ(plugins::chosen_word("always madvise [never]"), "never");
  EXPECT_EQ(plugins::chosen_word("plain"), "plain");
  EXPECT_EQ(plugins::parse_kernel_version("5"), std::nullopt);
  EXPECT_EQ(plugins::parse_kernel_version("6.1-rc"), (plugins::KernelVersion{6, 1}));
  EXPECT_EQ(plugins::first_line("", "/no/such/file"), std::nullopt);
  EXPECT_EQ(plugins::size_text(0), "0 bytes");
  EXPECT_EQ(plugins::size_text(1536), "1.5 KiB");
  EXPECT_EQ(plugins::size_text(std::uint64_t{16} << 30), "16 GiB");
  EXPECT_EQ(plugins::limit_text(RLIM_INFINITY), "unlimited");
  EXPECT_GT(plugins::meminfo_bytes("", "MemTotal").value_or(0), std::uint64_t{1} << 20);
}

}  // namespace
}  // namespace hal::onboard
