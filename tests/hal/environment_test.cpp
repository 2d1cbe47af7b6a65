// SPDX-License-Identifier: Apache-2.0
#include "environment/environment.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace hal::core {
namespace {

std::optional<std::uint64_t> parse(std::uint32_t type, const char *text, std::uint64_t min = 0,
                                   std::uint64_t max = UINT64_MAX) {
  const Variable variable = {"HAL_TEST_X", type, "", "", min, max};
  Value value;
  if (!parse_value(variable, text, value).empty()) return std::nullopt;
  return value.number;
}

TEST(Environment, NumbersAreDecimalAndWithinTheirBounds) {
  EXPECT_EQ(parse(HAL_OPTION_NUMBER, "42"), 42u);
  EXPECT_EQ(parse(HAL_OPTION_NUMBER, "18446744073709551615"), UINT64_MAX);
  for (const char *text : {"", "-1", "+1", "0x10", "1 ", " 1", "1K", "18446744073709551616"})
    EXPECT_EQ(parse(HAL_OPTION_NUMBER, text), std::nullopt) << text;
  EXPECT_EQ(parse(HAL_OPTION_NUMBER, "3", 1, 8), 3u);
  EXPECT_EQ(parse(HAL_OPTION_NUMBER, "0", 1, 8), std::nullopt);
  EXPECT_EQ(parse(HAL_OPTION_NUMBER, "9", 1, 8), std::nullopt);
}

TEST(Environment, SizesTakePowersOf1024AndDoNotOverflow) {
  EXPECT_EQ(parse(HAL_OPTION_BYTES, "64"), 64u);
  EXPECT_EQ(parse(HAL_OPTION_BYTES, "3K"), 3072u);
  EXPECT_EQ(parse(HAL_OPTION_BYTES, "2G"), std::uint64_t{2} << 30);
  EXPECT_EQ(parse(HAL_OPTION_BYTES, "1T"), std::uint64_t{1} << 40);
  for (const char *text : {"K", "1k", "1KB", "1.5G", "99999999T"})
    EXPECT_EQ(parse(HAL_OPTION_BYTES, text), std::nullopt) << text;
}

TEST(Environment, SwitchesAreZeroOrOne) {
  EXPECT_EQ(parse(HAL_OPTION_SWITCH, "0"), 0u);
  EXPECT_EQ(parse(HAL_OPTION_SWITCH, "1"), 1u);
  EXPECT_EQ(parse(HAL_OPTION_SWITCH, "2"), std::nullopt);
  EXPECT_EQ(parse(HAL_OPTION_SWITCH, "on"), std::nullopt);
}

TEST(Environment, ABadValueNamesVariableValueAndWhatIsAllowed) {
  const Variable variable = {"HAL_TEST_MEMORY", HAL_OPTION_BYTES, "", "", 4096, std::uint64_t{1} << 30};
  Value value;
  EXPECT_EQ(
      parse_value(variable, "lots", value),
      "HAL_TEST_MEMORY is \"lots\"; allowed is a size from 4K to 1G: decimal digits, with K, M, G or T for powers "
      "of 1024");
}

TEST(Environment, ADefaultHoldsUnlessTheVariableIsSet) {
  const Variable variable = {"HAL_TEST_COUNT", HAL_OPTION_NUMBER, "5", "", 0, 10};
  Value value;
  unsetenv("HAL_TEST_COUNT");
  EXPECT_EQ(read_variable(variable, value), "");
  EXPECT_EQ(value.number, 5u);
  setenv("HAL_TEST_COUNT", "", 1);
  EXPECT_EQ(read_variable(variable, value), "");
  EXPECT_EQ(value.number, 5u) << "an empty variable counts as not set";
  setenv("HAL_TEST_COUNT", "7", 1);
  EXPECT_EQ(read_variable(variable, value), "");
  EXPECT_EQ(value.number, 7u);
  setenv("HAL_TEST_COUNT", "11", 1);
  EXPECT_NE(read_variable(variable, value), "");
  unsetenv("HAL_TEST_COUNT");
}

TEST(Environment, APluginsOptionIsAVariableOfItsFamily) {
  const hal_option_v1_t option = {"SIM", "DEVICES", "2", "How many.", HAL_OPTION_NUMBER, 0, 1, 16};
  const Variable variable = option_variable(option, nullptr);
  EXPECT_EQ(variable.name, "HAL_SIM_DEVICES");
  EXPECT_EQ(variable.default_value, "2");
  EXPECT_EQ(variable.max, 16u);
}

TEST(Environment, VariablesOfOthersAreReadUnchangedAndTheirTextsStayValid) {
  unsetenv("VENDOR_DEVICES");
  EXPECT_EQ(foreign_variable("VENDOR_DEVICES"), nullptr);
  setenv("VENDOR_DEVICES", "0,1 ", 1);
  const char *before = foreign_variable("VENDOR_DEVICES");
  ASSERT_NE(before, nullptr);
  setenv("VENDOR_DEVICES", "", 1);
  EXPECT_STREQ(before, "0,1 ");
  EXPECT_STREQ(foreign_variable("VENDOR_DEVICES"), "") << "an empty variable of others counts as set";
  unsetenv("VENDOR_DEVICES");
}

TEST(Environment, OurOwnNamesAreNotVariablesOfOthers) {
  EXPECT_TRUE(is_foreign_variable("VENDOR_DEVICES"));
  EXPECT_TRUE(is_foreign_variable("HALO"));
  for (const char *name : {"", "HAL_BACKEND", "HAL_SIM_DEVICES", "A=B"})
    EXPECT_FALSE(is_foreign_variable(name)) << name;
}

TEST(Environment, ATextWithChoicesAcceptsOnlyTheChoices) {
  const hal_option_v1_t option = {"TEST", "FLAVOUR", "", "The flavour.", HAL_OPTION_TEXT, 0, 0, 0};
  const Variable variable = option_variable(option, "plain|salted");
  Value value;
  EXPECT_EQ(parse_value(variable, "salted", value), "");
  EXPECT_EQ(value.text, "salted");
  EXPECT_EQ(parse_value(variable, "sal", value), "HAL_TEST_FLAVOUR is \"sal\"; allowed is plain or salted");
  EXPECT_NE(parse_value(variable, "plain|salted", value), "");
  const std::string wrong = parse_value(variable, std::string(2000, 'x'), value);
  EXPECT_TRUE(wrong.size() < 300 && wrong.ends_with("allowed is plain or salted")) << wrong;
  EXPECT_EQ(read_variable(variable, value), "") << "the default \"\" means that there is no value";
  EXPECT_EQ(parse_value(option_variable(option, ""), "anything", value), "");
}

TEST(OptionPath, IsEmptyOrAbsolute) {
  const Variable variable = {.name = "HAL_TEST_FOLDER", .type = HAL_OPTION_PATH};
  Value value;
  EXPECT_EQ(parse_value(variable, "/opt/x", value), "");
  EXPECT_EQ(value.text, "/opt/x");
  EXPECT_EQ(parse_value(variable, "", value), "");
  EXPECT_EQ(parse_value(variable, "lib64", value), "HAL_TEST_FOLDER is \"lib64\"; allowed is an absolute path");
}

}  // namespace
}  // namespace hal::core
