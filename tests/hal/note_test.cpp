// SPDX-License-Identifier: Apache-2.0
#include "backends/note.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "backends/file.hpp"
#include "fuzz/elf_writer.hpp"

namespace hal::core {
namespace {

using namespace std::string_view_literals;

class Note : public testing::Test {
 protected:
  void SetUp() override {
    FileBytes file;
    ASSERT_EQ(read_file(HAL_FAKE_PLUGIN, 1 << 30, file), 0);
    bytes = file.bytes;
  }

  Elf64_Ehdr &header() { return *reinterpret_cast<Elf64_Ehdr *>(bytes.data()); }
  Elf64_Phdr &segment(int i) {
    return *reinterpret_cast<Elf64_Phdr *>(bytes.data() + header().e_phoff + static_cast<std::size_t>(i) * 56);
  }

  std::vector<char> bytes;
};

TEST_F(Note, OfAPluginIsRead) {
  const ElfFacts facts = inspect_plugin(bytes);
  EXPECT_EQ(facts.reason, "");
  EXPECT_EQ(facts.note.at("backend"), "fake-sim");
  EXPECT_EQ(facts.note.at("kind"), "sim");
  EXPECT_EQ(facts.note.at("abi_min"), "1");
}

TEST_F(Note, TruncatedFilesAreDetectedAtEveryLength) {
  std::uint64_t end_of_segments = 0;
  for (int i = 0; i < header().e_phnum; ++i)
    end_of_segments = std::max<std::uint64_t>(end_of_segments, segment(i).p_offset + segment(i).p_filesz);
  for (std::size_t size = 0; size < bytes.size(); size += size < 4096 ? 1 : 997) {
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const ElfFacts facts = inspect_plugin(cut);
    if (size < end_of_segments) {
      EXPECT_NE(facts.reason, "") << size;
      EXPECT_NE(facts.reason, "no_note") << size;
    }
  }
}

TEST_F(Note, HostileSizesAreDetected) {
  for (int i = 0; i < header().e_phnum; ++i) {
    const Elf64_Phdr saved = segment(i);
    if (saved.p_type == PT_GNU_STACK) continue;
    segment(i).p_filesz = UINT64_MAX;
    EXPECT_EQ(inspect_plugin(bytes).reason, "truncated") << i;
    segment(i) = saved;
    segment(i).p_offset = UINT64_MAX - 8;
    EXPECT_EQ(inspect_plugin(bytes).reason, "truncated") << i;
    segment(i) = saved;
  }
  header().e_phnum = 0xFFFE;
  EXPECT_EQ(inspect_plugin(bytes).reason, "truncated");
}

TEST_F(Note, OtherMachinesAndOtherFilesHaveTheirOwnReasons) {
  const Elf64_Ehdr saved = header();
  header().e_machine = EM_S390;
  EXPECT_EQ(inspect_plugin(bytes).reason, "wrong_arch");
  header() = saved;
  header().e_type = ET_REL;
  EXPECT_EQ(inspect_plugin(bytes).reason, "not_elf");
  const std::string text = "#!/bin/sh\n";
  EXPECT_EQ(inspect_plugin(std::span(text.data(), text.size())).reason, "not_elf");
  EXPECT_EQ(inspect_plugin({}).reason, "not_elf");
}

TEST_F(Note, RandomDamageNeverCausesReadsOutsideTheFile) {
  std::mt19937 random(7);
  const std::vector<char> good = bytes;
  for (int round = 0; round < 3000; ++round) {
    bytes = good;
    for (int i = 0; i < 8; ++i) bytes[random() % 2048] = static_cast<char>(random());
    (void)inspect_plugin(bytes);
  }
}

std::string detail_with_note(const std::string &payload) {
  const ElfFacts facts = inspect_plugin(fuzz::write_shared_object({.note = payload}));
  EXPECT_EQ(facts.reason, "no_note");
  return facts.detail;
}

TEST(NoteOfAFile, WithoutASelectableBackendIsRefused) {
  EXPECT_EQ(inspect_plugin(fuzz::write_shared_object({.note = "backend=x"})).reason, "");
  EXPECT_NE(detail_with_note("kind=sim").find("names no backend"), std::string::npos);
  EXPECT_NE(detail_with_note("backend=\x1B[31mx").find("no libhal note"), std::string::npos);
  EXPECT_NE(detail_with_note("backend=A b").find("\"A b\""), std::string::npos);
  EXPECT_NE(detail_with_note("backend=auto").find("\"auto\""), std::string::npos);
  EXPECT_LT(detail_with_note("backend=" + std::string(4000, 'x')).size(), 300u);
}

// Together, these segments are many times as long as the file.
TEST(NoteOfAFile, IsNotSearchedForIfTheFileHasTooManySegments) {
  constexpr std::size_t kSegments = 60'000;
  std::vector<char> bytes = fuzz::write_shared_object({.note = "backend=x"});
  Elf64_Ehdr header = {};
  std::memcpy(&header, bytes.data(), sizeof header);
  header.e_phoff = (bytes.size() + 7) / 8 * 8;
  header.e_phnum = kSegments;
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.resize(header.e_phoff + kSegments * sizeof(Elf64_Phdr));
  const Elf64_Phdr segment = {PT_NOTE, PF_R, 1, 1, 1, bytes.size() - 1, bytes.size() - 1, 4};
  for (std::size_t i = 0; i < kSegments; ++i)
    std::memcpy(bytes.data() + header.e_phoff + i * sizeof segment, &segment, sizeof segment);
  const ElfFacts facts = inspect_plugin(bytes);
  EXPECT_EQ(facts.reason, "not_elf");
  EXPECT_NE(facts.detail.find("60000 segments"), std::string::npos) << facts.detail;
}

TEST(NotePayload, EntriesThatCannotBePrintedAreOmitted) {
  const NoteFields fields = parse_note("a=1\n\0b=\xFF\0c\x1B=1\0d=\xC3\xA9\0a=2"sv);
  EXPECT_EQ(fields, (NoteFields{{"a", "2"}, {"d", "\xC3\xA9"}}));
}

TEST(NotePayload, UnknownKeysAreKeptAndNonsenseIsIgnored) {
  const NoteFields fields = parse_note(std::string_view("backend=x\0novalue\0=y\0a=b=c\0\0\0", 29));
  EXPECT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields.at("backend"), "x");
  EXPECT_EQ(fields.at("a"), "b=c");
  EXPECT_TRUE(parse_note("").empty());
}

}  // namespace
}  // namespace hal::core
