// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

class Executable : public FakeDevice {
 protected:
  void SetUp() override {
    FakeDevice::SetUp();
    std::string pattern = (fs::temp_directory_path() / "libhal-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override {
    fs::remove_all(folder);
    FakeDevice::TearDown();
  }

  hal_status_t load_file(const std::string &content, hal_executable_t *executable) {
    const fs::path file = folder / "kernel.o";
    std::ofstream(file) << content;
    return hal_executable_load_file(device, file.c_str(), executable);
  }

  fs::path folder;
};

TEST_F(Executable, AFileIsLoadedByContent) {
  hal_executable_t executable = nullptr;
  ASSERT_EQ(load_file("FAKE-KERNEL", &executable), HAL_OK) << last_message();
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
  EXPECT_EQ(load_file("ELF of another backend", &executable), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "kernel.o is not an object of the fake backend"));
}

TEST_F(Executable, FilesThatCannotBeReadSayWhy) {
  hal_executable_t executable = nullptr;
  EXPECT_EQ(hal_executable_load_file(device, (folder / "missing").c_str(), &executable), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(last_error().native_code, ENOENT);
  EXPECT_STREQ(last_error().native_domain, "errno");
  EXPECT_EQ(hal_executable_load_file(device, folder.c_str(), &executable), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(last_error().native_code, EISDIR);
  EXPECT_EQ(load_file("", &executable), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "empty"));
  EXPECT_EQ(hal_executable_load_file(device, nullptr, &executable), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_executable_load_data(device, "x", 0, &executable), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Executable, AKernelHasOneHandleWhichIsValidUntilTheExecutableIsUnloaded) {
  hal_executable_t executable = load();
  hal_kernel_t kernel = find(executable);
  EXPECT_EQ(find(executable, "kernel_entry"), kernel);
  EXPECT_NE(find(executable, "cube"), kernel);
  hal_kernel_t none = nullptr;
  EXPECT_EQ(hal_executable_find(executable, "no_such", &none), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(none, nullptr);

  hal_kernel_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(hal_kernel_info(find(executable, "cube"), &info), HAL_OK);
  EXPECT_STREQ(info.name, "cube");
  EXPECT_EQ(info.engine, HAL_ENGINE_AIC);
  EXPECT_EQ(info.convention, HAL_CONVENTION_C);
  EXPECT_EQ(info.executable, executable);
  EXPECT_EQ(info.flags, HAL_KERNEL_USES_TILE_LIBRARY);

  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
  EXPECT_EQ(hal_kernel_info(kernel, &info), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Executable, UnloadingIsBusyWhileALaunchIsNotDone) {
  hal_executable_t executable = load();
  const hal_launch_desc_t desc = launch_desc(find(executable), nullptr, 0);
  control->hold = true;
  ASSERT_EQ(hal_kernel_launch(&desc, nullptr), HAL_OK) << last_message();
  EXPECT_EQ(hal_executable_unload(executable), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "ticket 1"));
  EXPECT_EQ(hal_kernel_launch(&desc, nullptr), HAL_OK) << "a refused unload changes nothing: " << last_message();
  control->hold = false;
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
}

}  // namespace
}  // namespace hal::test
