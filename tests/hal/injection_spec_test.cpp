// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/injection_spec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "hal/names.h"

namespace hal::core {
namespace {

InjectionProblem parse(const char *text) {
  std::vector<InjectionRule> rules;
  return parse_injections(text, rules);
}

TEST(InjectionSpec, NamesOneCallByItsNumberOrEveryCall) {
  std::vector<InjectionRule> rules;
  ASSERT_EQ(
      parse_injections("mem_register#3=OUT_OF_MEMORY;stream_wait#*=TIMEOUT;sim.window_alloc#12=BUSY", rules).wrong, "");
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].name, "mem_register");
  EXPECT_EQ(rules[0].number, 3u);
  EXPECT_EQ(rules[0].status, HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(rules[1].number, 0u);
  EXPECT_EQ(rules[1].text(), "stream_wait#*=TIMEOUT");
  EXPECT_EQ(rules[2].text(), "sim.window_alloc#12=BUSY");
}

TEST(InjectionSpec, KillIsNotAStatus) {
  std::vector<InjectionRule> rules;
  ASSERT_EQ(parse_injections("sim.block_start#3=KILL;mem_alloc#*=KILL;init#1=BUSY", rules).wrong, "");
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_TRUE(rules[0].kill);
  EXPECT_EQ(rules[0].text(), "sim.block_start#3=KILL");
  EXPECT_EQ(rules[1].text(), "mem_alloc#*=KILL");
  EXPECT_FALSE(rules[2].kill);
  EXPECT_NE(parse_injections("mem_alloc#1=kill", rules).wrong, "");
}

TEST(InjectionSpec, AnEmptyTextAndNoneInjectNothing) {
  std::vector<InjectionRule> rules = {InjectionRule{}};
  EXPECT_EQ(parse_injections("none", rules).wrong, "");
  EXPECT_TRUE(rules.empty());
  EXPECT_EQ(parse("").wrong, "");
}

TEST(InjectionSpec, AMisspeltFunctionIsAnsweredWithTheNearestSpelling) {
  const InjectionProblem problem = parse("mem_free#1=BUSY;mem_regster#3=OUT_OF_MEMORY");
  EXPECT_EQ(problem.wrong, "in \"mem_regster#3=OUT_OF_MEMORY\": unknown function \"mem_regster\"");
  EXPECT_EQ(problem.hint, "did you mean \"mem_register\"?");
  EXPECT_EQ(parse("hal_mem_alloc#1=BUSY").hint, "did you mean \"mem_alloc\"?");
}

TEST(InjectionSpec, AMisspeltStatusIsAnsweredWithTheNearestSpelling) {
  EXPECT_EQ(parse("mem_free#1=BUSSY").wrong, "in \"mem_free#1=BUSSY\": unknown failure \"BUSSY\"");
  EXPECT_EQ(parse("mem_free#1=BUSSY").hint, "did you mean \"BUSY\"?");
  EXPECT_EQ(parse("mem_free#1=HAL_ERR_NOT_FOUND").wrong.find("in \"mem_free#1=HAL_ERR_NOT_FOUND\""), 0u);
  EXPECT_NE(parse("mem_free#1=OK").wrong, "") << "OK is not a failure";
}

TEST(InjectionSpec, TheGrammarIsStrict) {
  for (const char *text : {";",
                           "mem_free",
                           "mem_free#1",
                           "mem_free=BUSY",
                           "mem_free=1#BUSY",
                           "mem_free#=BUSY",
                           "mem_free#0=BUSY",
                           "mem_free#-1=BUSY",
                           "mem_free#1x=BUSY",
                           "mem_free#**=BUSY",
                           "mem_free#1=",
                           "mem_free#1=BUSY;",
                           "mem_free #1=BUSY",
                           "mem_free#1=busy",
                           "#1=BUSY",
                           "mem_free#99999999999999999999=BUSY",
                           "mem_free#1=BUSY;mem_free#1=TIMEOUT",
                           "none;mem_free#1=BUSY",
                           "sim.#1=BUSY",
                           ".point#1=BUSY",
                           "sim.a.b#1=BUSY",
                           "Sim.point#1=BUSY",
                           "abi_draft#1=BUSY",
                           "last_error#1=BUSY"}) {
    EXPECT_NE(parse(text).wrong, "") << text;
    EXPECT_NE(parse(text).hint, "") << text;
  }
}

TEST(InjectionSpec, EveryPublicFunctionThatCanFailIsKnown) {
  for (const char *text : {"mem_free#1=BUSY", "mallocHostDeviceShareMem#1=BUSY", "variable_info#1=BUSY"})
    EXPECT_EQ(parse(text).wrong, "") << text;
  std::size_t count = 0;
#define HAL_COUNT(function, name) ++count;
  HAL_EACH_FUNCTION(HAL_COUNT)
#undef HAL_COUNT
  EXPECT_EQ(injectable_functions().size(), count - 6) << "six functions report or log failures, or cannot fail";
}

}  // namespace
}  // namespace hal::core
