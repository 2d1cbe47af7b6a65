// SPDX-License-Identifier: Apache-2.0
//
// Tests of executables: from files and bytes, without a note, several with the same names.
#include <algorithm>
#include <optional>
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

class Executables : public Conformance {
 protected:
  std::uint64_t result_of(hal_kernel_t kernel) {
    const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
    run(Launch(kernel).mem(out));
    return *out.host<std::uint64_t>();
  }
};

TEST_F(Executables, NeedTheirFileOnlyForTheCall) {
  std::optional<TempFile> file(read_file(object("basics")));
  const Executable executable(device_, file->path());
  file->rewrite(std::vector<std::uint8_t>(100, 0));
  file.reset();
  EXPECT_EQ(result_of(executable[nullptr]), 0x6b65726e656cU);
}

TEST_F(Executables, NeedTheirBytesOnlyForTheCall) {
  auto bytes = read_file(object("basics"));
  const Executable executable(device_, bytes);
  std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xff});
  bytes.clear();
  bytes.shrink_to_fit();
  EXPECT_EQ(result_of(executable["kernel_entry"]), 0x6b65726e656cU);
}

TEST_F(Executables, HaveTheContentOfTheFileAtTheTimeOfTheLoad) {
  const TempFile file(read_file(object("twin-a")));
  const Executable before(device_, file.path());
  EXPECT_EQ(result_of(before[nullptr]), 2U);
  file.rewrite(read_file(object("twin-b")));
  const Executable after(device_, file.path());
  EXPECT_EQ(result_of(after[nullptr]), 20U);
  EXPECT_EQ(result_of(before[nullptr]), 2U) << "a loaded executable does not change";
}

TEST_F(Executables, WithTheSameNamesKeepTheirOwnFunctionsAndData) {
  const Executable a(device_, object("twin-a"));
  const Executable b(device_, object("twin-b"));
  const Executable a_again(device_, object("twin-a"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(result_of(a[nullptr]), 2U);
    EXPECT_EQ(result_of(b[nullptr]), 20U);
    EXPECT_EQ(result_of(a_again[nullptr]), 2U);
  }
}

TEST_F(Executables, OfTheEcosystemRunWithoutANote) {
  const Executable executable(device_, object("foreign"));
  auto info = sized<hal_kernel_info_t>();
  ASSERT_TRUE(ok(hal_kernel_info(executable[nullptr], &info)));
  EXPECT_LE(__builtin_popcountll(info.engine), 1) << "one engine, or 0 if the object does not state one";
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  Launch launch(executable[nullptr]);
  skip_unless_run(launch.mem(out).blocks(5));  // on a card such an object wants the executor of its own runtime
  if (IsSkipped()) return;
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(out.host<std::uint64_t>()[i], i + 500);
}

TEST_F(Executables, GiveTheSameHandleForTheSameKernel) {
  const Executable executable(device_, object("basics"));
  EXPECT_EQ(executable["bump"], executable["bump"]);
  EXPECT_EQ(executable[nullptr], executable["kernel_entry"]);
  EXPECT_NE(executable["bump"], executable["affine"]);
  auto info = sized<hal_kernel_info_t>();
  ASSERT_TRUE(ok(hal_kernel_info(executable["bump"], &info)));
  EXPECT_STREQ(info.name, "bump");
  EXPECT_EQ(info.executable, hal_executable_t{executable});
}

TEST_F(Executables, CanBeLoadedAndUnloadedHoweverOften) {
  const auto once = [&] {
    const Executable executable(device_, object("twin-a"));
    EXPECT_EQ(result_of(executable[nullptr]), 2U);
  };
  once();
  const Audit audit(device_);
  for (int i = 0; i < 100; ++i) once();
  EXPECT_TRUE(audit.unchanged());
}

TEST_F(Executables, SayTheirFormatThroughTheDevice) {
  auto info = sized<hal_device_info_t>();
  ASSERT_TRUE(ok(hal_device_info(device_, &info)));
  EXPECT_STRNE(info.executable_format, "");
  EXPECT_STRNE(info.soc, "");
  EXPECT_STRNE(info.name, "");
  auto backend = sized<hal_backend_info_t>();
  ASSERT_TRUE(ok(hal_backend_info(backend_, &backend)));
  EXPECT_STREQ(info.arch, backend.arch);
  EXPECT_STRNE(backend.version, "");
  EXPECT_EQ(backend.path[0], '/');
}

}  // namespace
}  // namespace hal::conformance
