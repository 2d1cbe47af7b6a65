// SPDX-License-Identifier: Apache-2.0
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "support/escape.hpp"
#include "support/spelling.hpp"

namespace hal::core {
namespace {

TEST(Text, IsCutAtACharacterAndAlwaysTerminated) {
  char buffer[6];
  EXPECT_EQ(copy_utf8(buffer, sizeof(buffer), "ab\xE2\x82\xAC"), 5u);
  EXPECT_STREQ(buffer, "ab\xE2\x82\xAC");
  EXPECT_EQ(copy_utf8(buffer, sizeof(buffer), "abc\xE2\x82\xAC"), 3u);
  EXPECT_STREQ(buffer, "abc");
  EXPECT_EQ(copy_utf8(buffer, 0, "abc"), 0u);
}

TEST(Text, BytesThatAreNotUtf8BecomeQuestionMarks) {
  char buffer[32];
  copy_utf8(buffer, sizeof(buffer), "a\xFF\xC0\xAFz");
  EXPECT_STREQ(buffer, "a???z");
  copy_utf8(buffer, sizeof(buffer), "\xED\xA0\x80");
  EXPECT_STREQ(buffer, "???") << "surrogates are not characters";
  copy_utf8(buffer, sizeof(buffer), "\xE2\x82");
  EXPECT_STREQ(buffer, "??");
}

TEST(Text, ALongValueIsCutAtACharacterForAMessage) {
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt("abcdef", 6), "abcdef");
  EXPECT_EQ(excerpt("abcdefg", 6), "abcdef…");
  EXPECT_EQ(excerpt("ab\xE2\x82\xAC", 4), "ab…");
}

TEST(Text, AMessageThatDoesNotFitEndsAfterItsLastWholeWord) {
  EXPECT_EQ(first_words("two words", 9), "two words");
  EXPECT_EQ(first_words("two words", 8), "two…");
  EXPECT_EQ(first_words("two words more", 9), "two words…");
  EXPECT_EQ(first_words("two  words", 4), "two…");
  EXPECT_EQ(first_words(std::string(500, 'x'), 400), std::string(400, 'x') + "…") << "one long word";
  EXPECT_EQ(first_words("ab\xE2\x82\xAC", 4), "ab…");
  char buffer[12];
  EXPECT_EQ(copy_message(buffer, sizeof(buffer), "two words 1"), 11u);
  EXPECT_STREQ(buffer, "two words 1");
  EXPECT_EQ(copy_message(buffer, sizeof(buffer), "two words 12"), 6u);
  EXPECT_STREQ(buffer, "two…");
  copy_message(buffer, sizeof(buffer), "\xFF words and more");
  EXPECT_STREQ(buffer, "\\xff…");
  for (std::size_t size = 0; size <= sizeof(buffer); ++size) {
    const std::size_t used = copy_message(buffer, size, "é é é é é é é");
    EXPECT_LT(used, std::max<std::size_t>(size, 1)) << size;
    EXPECT_TRUE(is_printable(std::string(buffer, used))) << size;
  }
}

TEST(Text, ControlCharactersAndBytesThatAreNotUtf8AreEscaped) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"a \xE2\x82\xAC \\ é", "a \xE2\x82\xAC \\ é"},
                                                       {"\x1B]0;owned\a", "\\x1b]0;owned\\x07"},
                                                       {"one\n[libhal] two\r\t", "one\\x0a[libhal] two\\x0d\\x09"},
                                                       {std::string("a\0b", 3), "a\\x00b"},
                                                       {"\x7F", "\\x7f"},
                                                       {"\xC2\x9B"
                                                        "2J",
                                                        "\\xc2\\x9b2J"},
                                                       {"\xC2\xA0", "\xC2\xA0"},
                                                       {"\x9B\xFF\xC0\xAF", "\\x9b\\xff\\xc0\\xaf"},
                                                       {"\xED\xA0\x80\xE2\x82", "\\xed\\xa0\\x80\\xe2\\x82"}};
  for (const auto &[text, expected] : cases) {
    EXPECT_EQ(escaped(text), expected);
    EXPECT_EQ(escaped(expected), expected) << "escaping twice changes nothing";
    EXPECT_TRUE(is_printable(expected)) << expected;
    char buffer[64];
    EXPECT_EQ(copy_escaped(buffer, sizeof(buffer), text), expected.size());
    EXPECT_EQ(buffer, expected);
    EXPECT_EQ(copy_message(buffer, sizeof(buffer), text), expected.size());
    EXPECT_EQ(buffer, expected);
  }
}

TEST(Text, AnEscapeIsNotCopiedInParts) {
  char buffer[8];
  EXPECT_EQ(copy_escaped(buffer, sizeof(buffer), "ab\x1B\x1B"), 6u);
  EXPECT_STREQ(buffer, "ab\\x1b");
  for (std::size_t size = 0; size <= sizeof(buffer); ++size)
    EXPECT_LT(copy_message(buffer, size, "\x1B\x1B\x1B"), std::max<std::size_t>(size, 1)) << size;
}

TEST(Text, IsPrintableIfItIsUtf8WithoutControlCharacters) {
  for (const char *text : {"", "a b", "\xE2\x82\xAC"}) EXPECT_TRUE(is_printable(text)) << text;
  for (const char *text : {"\x1B[31m", "a\nb", "\x7F", "\xFF", "\xE2\x82", "\xC2\x9B"})
    EXPECT_FALSE(is_printable(text)) << text;
}

TEST(Text, TheNearestSpellingIsWithinTheDistance) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(nearest_spelling("a5-sin", {"a2a3-sim", "a5-sim"}, 2), "a5-sim");
  EXPECT_EQ(nearest_spelling("cuda", {"a2a3-sim", "a5-sim"}, 2), "");
}

TEST(Text, ListsReadLikeSentences) {
  EXPECT_EQ(join_names({}), "none");
  EXPECT_EQ(join_names({"a"}), "a");
  EXPECT_EQ(join_names({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(join_names({"a", "b"}, " or "), "a or b");
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string>{"a", "", "b"}));
}

TEST(Decimal, HasOnlyDigitsAndFits) {
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  for (const char *text : {"", " 1", "1 ", "-1", "+1", "0x1", "18446744073709551616"})
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
}

TEST(Hexadecimal, HasTwoDigitsForEachByte) { EXPECT_EQ(hexadecimal(std::string_view("\x00\x0F\xA5", 3)), "000fa5"); }

}  // namespace
}  // namespace hal::core
