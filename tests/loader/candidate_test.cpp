// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

class Candidates : public Loader {
 protected:
  void expect_broken(const fs::path &path, const std::string &reason, const std::string &part) {
    const Found found = inspect(path);
    EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
    EXPECT_EQ(found.reason, reason);
    EXPECT_TRUE(contains(found.detail, part)) << found.detail;
    EXPECT_NE(found.hint, "");
    ASSERT_EQ(errors.size(), 1u) << "a broken file is logged once, as an error";
    EXPECT_TRUE(contains(errors[0], path.string())) << errors[0];
    EXPECT_EQ(hal_candidate_probe(index_of(path)), HAL_OK);
    EXPECT_EQ(inspect(path).reason, reason) << "a file that fails the inspection is never loaded";
  }
};

TEST_F(Candidates, AGoodPluginIsUnprobedUntilItIsProbed) {
  const fs::path good = machine.add_good_plugin();
  const Found before = inspect(good);
  EXPECT_EQ(before.status, HAL_CANDIDATE_UNPROBED);
  EXPECT_EQ(before.name, "fake-sim");
  EXPECT_EQ(before.origin, "HAL_PLUGIN_PATH");
  EXPECT_EQ(before.abi, "draft 1");
  EXPECT_NE(before.version, "");
  EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE);
}

TEST_F(Candidates, AHealthyPluginWithoutADeviceIsAbsentNotBroken) {
  const fs::path good = machine.add_good_plugin();
  setenv("HAL_FAKE_PRESENT", "0", 1);
  const Found found = probe(good);
  unsetenv("HAL_FAKE_PRESENT");
  EXPECT_EQ(found.status, HAL_CANDIDATE_ABSENT);
  EXPECT_EQ(found.reason, "no_device");
  EXPECT_EQ(found.hint, "set HAL_FAKE_PRESENT=1");
  EXPECT_TRUE(errors.empty());
}

TEST_F(Candidates, ATextFileIsNotElf) { expect_broken(machine.add_text(), "not_elf", "do not start as an ELF file"); }
TEST_F(Candidates, ATruncatedFileIsReportedWithItsSize) {
  expect_broken(machine.add_truncated(), "truncated", "6000 bytes");
}
TEST_F(Candidates, AFileForAnotherMachineIsReportedWithItsNumber) {
  expect_broken(machine.add_wrong_architecture(), "wrong_arch", "ELF machine 22");
}
TEST_F(Candidates, ALibraryWithoutANoteIsNotAPlugin) {
  expect_broken(machine.add_noteless(), "no_note", "no libhal note");
}
TEST_F(Candidates, AnotherDraftIsReportedWithBothNumbers) {
  expect_broken(machine.add_other_draft(), "abi_mismatch", "draft 9, this libhal has draft 1");
}
TEST_F(Candidates, APluginWithoutAnEntryFunctionIsDetectedBeforeItIsLoaded) {
  expect_broken(machine.add_entryless(), "no_entry_point", "hal_plugin_entry_v1");
}
TEST_F(Candidates, AMissingLibraryIsDetectedBeforeThePluginIsLoaded) {
  expect_broken(machine.add_plugin("needing"), "missing_dependency", "libhal-test-vendor.so");
}
TEST_F(Candidates, ADanglingLinkIsReportedWithItsTarget) {
  expect_broken(machine.add_dangling_link(), "dangling_symlink", "nowhere");
}
TEST_F(Candidates, ALoopingLinkIsDetected) { expect_broken(machine.add_looping_link(), "dangling_symlink", "loop"); }
TEST_F(Candidates, AFifoDoesNotBlock) { expect_broken(machine.add_fifo(), "unreadable", "FIFO"); }
TEST_F(Candidates, AFolderIsNotAPlugin) { expect_broken(machine.add_folder(), "unreadable", "directory"); }
TEST_F(Candidates, AWorldWritableFileIsRefused) {
  expect_broken(machine.add_world_writable(), "untrusted_path", "mode 0666");
}

// Root can read every file, so the test runs as the user nobody.
TEST_F(Candidates, AnUnreadableFileIsAPermissionProblem) {
  constexpr uid_t kNobody = 65534;
  const fs::path file = machine.add_unreadable();
  fs::permissions(machine.root(), fs::perms(0755));
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  expect_broken(file, "permission_denied", "Permission denied");
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
}

TEST_F(Candidates, APluginWhoseEntryFunctionHasAnotherDraftThanItsNoteIsRefused) {
  const Found found = probe(machine.add_plugin("fake-draft99"));
  EXPECT_EQ(found.reason, "abi_mismatch");
  EXPECT_TRUE(contains(found.detail, "99")) << found.detail;
}

TEST_F(Candidates, ALibraryInLdLibraryPathIsNotReportedMissing) {
  const fs::path needing = machine.add_plugin("needing");
  setenv("LD_LIBRARY_PATH", HAL_VENDOR_DIR, 1);
  const Found found = inspect(needing);
  unsetenv("LD_LIBRARY_PATH");
  EXPECT_EQ(found.status, HAL_CANDIDATE_UNPROBED) << "otherwise dlopen decides: " << found.detail;
}

TEST_F(Candidates, AWorldWritableDirectoryIsRefusedUnlessItIsSticky) {
  const fs::path good = machine.add_plugin("fake-sim", "open");
  setenv("HAL_PLUGIN_PATH", good.parent_path().c_str(), 1);
  fs::permissions(good.parent_path(), fs::perms(0777));
  EXPECT_EQ(inspect(good).reason, "untrusted_path");
  fs::permissions(good.parent_path(), fs::perms(01777));
  const Found doubtful = inspect(good);
  EXPECT_EQ(doubtful.status, HAL_CANDIDATE_UNPROBED);
  EXPECT_TRUE(contains(doubtful.detail, "untrusted")) << doubtful.detail;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(contains(warnings[0], "mode 1777"));
  EXPECT_TRUE(contains(probe(good).detail, "untrusted")) << "probing keeps the warning";
}

TEST_F(Candidates, AThrowingEntryFunctionBreaksOnlyItsPlugin) {
  const fs::path throwing = machine.add_plugin("throwing");
  const fs::path good = machine.add_good_plugin();
  const Found found = probe(throwing);
  EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(found.reason, "load_failed");
  EXPECT_TRUE(contains(found.detail, "thrown on purpose")) << found.detail;
  EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE);
}

TEST_F(Candidates, AnEntryFunctionWithoutATableIsRefused) {
  EXPECT_EQ(probe(machine.add_plugin("tableless")).reason, "null_table");
}

TEST_F(Candidates, TheSecondFileOfABackendIsShadowed) {
  const fs::path first = machine.add_plugin("fake-sim", "first");
  const fs::path second = machine.add_plugin("fake-sim", "second");
  setenv("HAL_PLUGIN_PATH", (first.parent_path().string() + ":" + second.parent_path().string()).c_str(), 1);
  EXPECT_EQ(inspect(first).status, HAL_CANDIDATE_UNPROBED);
  EXPECT_EQ(inspect(second).status, HAL_CANDIDATE_SHADOWED);
  EXPECT_EQ(inspect(second).reason, "shadowed");
}

TEST_F(Candidates, ShadowedFilesNameTheFirstFileAndAreSortedByName) {
  constexpr int kTwins = 12;
  // A directory may list its entries in the order of their creation. So the two folders differ in that order.
  std::vector<fs::path> folders = {machine.folder("upwards"), machine.folder("downwards")};
  const auto twin = [](const fs::path &folder, int i) {
    return folder / ("libhal-" + std::string(1, static_cast<char>('a' + i)) + ".so");
  };
  for (int i = 0; i < kTwins; ++i) fs::copy_file(built_plugin("fake-sim"), twin(folders[0], i));
  for (int i = kTwins - 1; i >= 0; --i) fs::copy_file(built_plugin("fake-sim"), twin(folders[1], i));
  setenv("HAL_PLUGIN_PATH", (folders[1].string() + ":" + folders[0].string()).c_str(), 1);

  ASSERT_GE(scan(), 2u * kTwins);
  const fs::path first = twin(folders[1], 0);
  for (std::uint32_t i = 0; i < 2 * kTwins; ++i) {
    EXPECT_STREQ(row(i).path, twin(folders[i < kTwins ? 1 : 0], static_cast<int>(i) % kTwins).c_str());
    const Found found = describe(i);
    EXPECT_EQ(found.status, i == 0 ? HAL_CANDIDATE_UNPROBED : HAL_CANDIDATE_SHADOWED) << i;
    if (i == 0) continue;
    EXPECT_EQ(found.detail, first.string() + " has the same backend and comes first in the search order");
  }
  const std::uint32_t again = scan();
  ASSERT_GE(again, 2u * kTwins);
  EXPECT_STREQ(row(0).path, first.c_str()) << "an earlier scan does not change the order";
}

TEST_F(Candidates, FilesThatHalPluginFilesOmitsAreDisabled) {
  const fs::path chosen = machine.add_plugin("fake-sim", "elsewhere");
  const fs::path left_out = machine.add_hardware_plugin();
  setenv("HAL_PLUGIN_FILES", chosen.c_str(), 1);
  EXPECT_EQ(inspect(chosen).origin, "HAL_PLUGIN_FILES");
  EXPECT_EQ(inspect(left_out).status, HAL_CANDIDATE_DISABLED);
  EXPECT_EQ(inspect(left_out).reason, "filtered");
}

TEST_F(Candidates, AFileThatIsReplacedBetweenCheckAndLoadIsNotLoaded) {
  const fs::path file = machine.add_good_plugin();
  const std::uint32_t index = index_of(file);
  const fs::path other = machine.add_plugin("crashing");
  fs::rename(other, file);
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK);
  const Found found = describe(index);
  EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(found.reason, "load_failed");
  EXPECT_TRUE(contains(found.detail, "has changed since")) << found.detail;
}

TEST_F(Candidates, AReplacedFileIsNotConfusedWithTheFileThatThisProcessLoaded) {
  const fs::path file = machine.add_good_plugin();
  EXPECT_EQ(probe(file).status, HAL_CANDIDATE_USABLE);
  fs::rename(machine.add_plugin("fake-npu", "new"), file);
  const Found found = probe(file);
  EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
  EXPECT_TRUE(contains(found.hint, "restart the process")) << found.hint;
}

TEST_F(Candidates, StringsStayValidUntilTheNextScan) {
  const std::uint32_t index = index_of(machine.add_plugin("throwing"));
  const hal_candidate_info_t before = row(index);
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK);
  EXPECT_STREQ(before.reason, "") << "returned strings do not change";
  EXPECT_STREQ(row(index).reason, "load_failed");
}

TEST_F(Candidates, AnIndexPastTheLastCandidateIsNotFound) {
  const std::uint32_t count = scan();
  hal_candidate_info_t info = {};
  info.struct_size = sizeof(info);
  EXPECT_EQ(hal_candidate_info(count, &info), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(hal_candidate_probe(count), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(hal_candidate_scan(nullptr), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Candidates, NullOutputsAndUnsetSizesAreRefused) {
  machine.add_good_plugin();
  ASSERT_GT(scan(), 0u);
  hal_candidate_info_t candidate = {};
  EXPECT_EQ(hal_candidate_info(0, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_candidate_info(0, &candidate), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_search_path_count(nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_search_path_info(0, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_selection_explain(nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_variable_count(nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_variable_info(0, nullptr), HAL_ERR_INVALID_ARGUMENT);
  hal_selection_info_t selection = {};
  EXPECT_EQ(hal_selection_explain(&selection), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Candidates, AreNotAvailableBeforeInit) {
  std::uint32_t count = 7;
  EXPECT_EQ(hal_candidate_scan(&count), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(hal_candidate_probe(0), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(hal_search_path_count(&count), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(count, 7u);
}

}  // namespace
}  // namespace hal::test
