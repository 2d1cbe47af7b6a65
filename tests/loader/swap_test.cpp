// SPDX-License-Identifier: Apache-2.0
//
// A plugin's file is replaced while the dynamic linker loads it. This program replaces the system's dlopen, so that
// each step happens just before or just after the linker opens the file.
#include <dlfcn.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "loader/loader_fixture.hpp"

namespace {

// The functions that the next dlopen of the file calls once, before and after the real dlopen.
struct Around {
  std::string file;
  std::function<void()> before;
  std::function<void()> after;
  bool done = false;
};

Around around;

}  // namespace

extern "C" __attribute__((visibility("default"))) void *dlopen(const char *file, int mode) {
  using Function = void *(*)(const char *, int);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "dlopen"));
  if (file == nullptr || around.done || around.file != file) return real(file, mode);
  around.done = true;
  if (around.before) around.before();
  void *library = real(file, mode);
  if (around.after) around.after();
  return library;
}

namespace hal::test {
namespace {

namespace fs = std::filesystem;

// The plugin `other` crashes in its entry function, so a test that ends has not called it.
class FileReplacement : public Loader {
 protected:
  void SetUp() override {
    Loader::SetUp();
    checked = machine.add_plugin("fake-sim", "plugins");
    other = machine.add_plugin("crashing", "other");
    setenv("HAL_PLUGIN_PATH", checked.parent_path().c_str(), 1);
    index = index_of(checked);
    around = {checked.string(), nullptr, nullptr};
  }

  void TearDown() override {
    around = {};
    Loader::TearDown();
  }

  static std::string read_bytes(const fs::path &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static bool is_mapped(const fs::path &file) { return contains(read_bytes("/proc/self/maps"), file.string()); }

  void expect_refused(const std::string &part) {
    EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
    EXPECT_TRUE(around.done) << "dlopen was not called";
    const Found found = describe(index);
    EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
    EXPECT_EQ(found.reason, "load_failed");
    EXPECT_TRUE(contains(found.detail, part)) << found.detail;
    EXPECT_NE(found.hint, "");
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_TRUE(contains(errors[0], checked.string())) << errors[0];
    hal_backend_t backend = nullptr;
    EXPECT_NE(hal_backend_select("fake-sim", &backend), HAL_OK) << "the file is not used later either";
  }

  fs::path checked;
  fs::path other;
  std::uint32_t index = 0;
};

TEST_F(FileReplacement, IsNotReportedForAnUnchangedFile) {
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
  EXPECT_TRUE(around.done);
  EXPECT_EQ(describe(index).status, HAL_CANDIDATE_USABLE) << describe(index).detail;
}

TEST_F(FileReplacement, JustBeforeTheLinkerOpensTheFileIsRefused) {
  around.before = [&] { fs::rename(other, checked); };
  expect_refused("has changed since it was checked");
  EXPECT_TRUE(is_mapped(checked)) << "the other file, of which only constructors may run";
}

TEST_F(FileReplacement, JustAfterTheLinkerOpenedTheFileIsRefused) {
  around.after = [&] { fs::rename(other, checked); };
  expect_refused("has changed since it was checked");
}

TEST_F(FileReplacement, ByThePluginsOwnConstructorIsRefused) {
  const fs::path swapping = machine.add_plugin("swapping", "plugins");
  index = index_of(swapping);
  around = {swapping.string(), nullptr, nullptr};
  setenv("ODD_OTHER_FILE", other.c_str(), 1);
  setenv("ODD_OWN_FILE", swapping.c_str(), 1);
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
  unsetenv("ODD_OTHER_FILE");
  unsetenv("ODD_OWN_FILE");
  EXPECT_FALSE(fs::exists(other)) << "the constructor has not run";
  EXPECT_EQ(describe(index).reason, "load_failed");
  EXPECT_TRUE(contains(describe(index).detail, "has changed since")) << describe(index).detail;
}

TEST_F(FileReplacement, WithoutANewFileIsRefused) {
  around.before = [&] { fs::remove(checked); };
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
  EXPECT_TRUE(around.done);
  EXPECT_EQ(describe(index).status, HAL_CANDIDATE_BROKEN);
  EXPECT_TRUE(contains(describe(index).detail, checked.string())) << describe(index).detail;
}

// Renaming the directory does not change the file.
TEST_F(FileReplacement, ThatIsUndoneIsRefused) {
  const fs::path folder = checked.parent_path();
  const fs::path aside = machine.root() / "aside";
  fs::rename(other, other.parent_path() / checked.filename());
  around.before = [&] {
    fs::rename(folder, aside);
    fs::rename(other.parent_path(), folder);
  };
  around.after = [&] {
    fs::rename(folder, other.parent_path());
    fs::rename(aside, folder);
  };
  expect_refused("another file than the checked one");
  EXPECT_TRUE(contains(describe(index).hint, "restart the process")) << describe(index).hint;
}

// Overwrites the file with as many bytes. Its time stamp may stay the same.
TEST_F(FileReplacement, InPlaceIsRefused) {
  std::string bytes = read_bytes(checked);
  const std::size_t version = bytes.find(std::string("version=") + hal_version());
  ASSERT_NE(version, std::string::npos);
  bytes[version + std::string_view("version=").size()] = '7';
  around.before = [&] { std::ofstream(checked, std::ios::binary | std::ios::in | std::ios::out) << bytes; };
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
  EXPECT_TRUE(around.done);
  EXPECT_EQ(describe(index).status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(describe(index).reason, "load_failed");
}

TEST_F(FileReplacement, BreaksOnlyThatFile) {
  const fs::path hardware = machine.add_plugin("fake-npu", "plugins");
  around.before = [&] { fs::rename(other, checked); };
  expect_refused("has changed since");
  EXPECT_EQ(probe(hardware).status, HAL_CANDIDATE_USABLE);
}

}  // namespace
}  // namespace hal::test
