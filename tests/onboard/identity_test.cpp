// SPDX-License-Identifier: Apache-2.0
#include "onboard/identity.hpp"

#include <gtest/gtest.h>

#include "chips/a2a3.hpp"
#include "chips/a5.hpp"

namespace hal::onboard {
namespace {

bool is_a2a3(const std::string &soc, const std::string &accepted = "") {
  return soc_objection(chips::kA2A3, soc, accepted).empty();
}
bool is_a5(const std::string &soc, const std::string &accepted = "") {
  return soc_objection(chips::kA5, soc, accepted).empty();
}

TEST(Soc, EveryKnownNameOfA2AndA3MatchesOnlyA2A3) {
  for (const char *soc :
       {"Ascend910B1", "Ascend910B2", "Ascend910B2C", "Ascend910B3", "Ascend910B4", "Ascend910B4-1", "Ascend910_9362",
        "Ascend910_9363", "Ascend910_9372", "Ascend910_9381", "Ascend910_9382", "Ascend910_9391", "Ascend910_9392"}) {
    EXPECT_TRUE(is_a2a3(soc)) << soc;
    EXPECT_FALSE(is_a5(soc)) << soc;
  }
}

TEST(Soc, EveryKnownNameOfA5MatchesOnlyA5) {
  for (const char *soc :
       {"Ascend950PR_9579", "Ascend950PR_957b", "Ascend950PR_957bx", "Ascend950PR_9599", "Ascend950PR_950z",
        "Ascend950DT_9571", "Ascend950DT_9591", "Ascend950DT_95A1", "Ascend950DT_950x"}) {
    EXPECT_TRUE(is_a5(soc)) << soc;
    EXPECT_FALSE(is_a2a3(soc)) << soc;
  }
}

TEST(Soc, TheFirstGenerationIsRefusedAlthoughOneNameLooksLikeA2) {
  for (const char *soc :
       {"Ascend910B", "Ascend910A", "Ascend910", "Ascend910PremiumA", "Ascend910ProA", "Ascend910ProB"}) {
    EXPECT_FALSE(is_a2a3(soc)) << soc;
    EXPECT_FALSE(is_a2a3(soc, soc)) << soc << ", even if HAL_ONBOARD_ACCEPT_SOC names it";
    EXPECT_FALSE(is_a5(soc, soc)) << soc;
  }
}

TEST(Soc, NamesThatOnlyContainAKnownNameAreRefused) {
  for (const char *soc :
       {"Ascend910_5591", "Ascend910_95", "Ascend910_96", "Ascend910_93", "Ascend910_93910", "Ascend910_93x1",
        "xAscend910B1", "Ascend910B1 ", "ascend910b1", "Ascend910B1\n", "Ascend310P3", "Ascend910B0", "Ascend910B4-"})
    EXPECT_FALSE(is_a2a3(soc)) << soc;
  for (const char *soc : {"Ascend950", "Ascend950XX_1", "Ascend950PR_", "Ascend950PR_95-1", "Ascend910_95"})
    EXPECT_FALSE(is_a5(soc)) << soc;
}

TEST(Soc, ARefusalNamesTheSocAndAnEmptyNameIsRefused) {
  EXPECT_NE(soc_objection(chips::kA2A3, "Ascend310P3", "").find("\"Ascend310P3\""), std::string::npos);
  EXPECT_NE(soc_objection(chips::kA2A3, "", "").find("does not report"), std::string::npos);
  EXPECT_NE(soc_objection(chips::kA2A3, "", ""), "") << "the empty name cannot be accepted";
}

TEST(Soc, AnUnknownNameOfTheFamilyIsAcceptedIfTheUserGivesTheFullName) {
  EXPECT_NE(soc_objection(chips::kA5, "Ascend950XX_1", "").find("HAL_ONBOARD_ACCEPT_SOC=Ascend950XX_1"),
            std::string::npos);
  EXPECT_TRUE(is_a5("Ascend950XX_1", "Ascend950XX_1"));
  EXPECT_FALSE(is_a5("Ascend950XX_1", "Ascend950XX"));
  EXPECT_FALSE(is_a2a3("Ascend950XX_1", "Ascend950XX_1")) << "it belongs to the other chip's family";
}

TEST(Soc, EverySimulatedProductMatchesItsChip) {
  for (const chips::Sku &sku : chips::kA2A3.skus) EXPECT_TRUE(is_a2a3(std::string(sku.soc))) << sku.soc;
  for (const chips::Sku &sku : chips::kA5.skus) EXPECT_TRUE(is_a5(std::string(sku.soc))) << sku.soc;
}

TEST(Architecture, ThatDoesNotMatchTheNameIsRefused) {
  EXPECT_EQ(arch_objection(chips::kA2A3, "Ascend910B1", 2201), "");
  EXPECT_EQ(arch_objection(chips::kA5, "Ascend950PR_9599", 3510), "");
  EXPECT_NE(arch_objection(chips::kA2A3, "Ascend910B1", 3510).find("3510"), std::string::npos);
  EXPECT_NE(arch_objection(chips::kA5, "Ascend950PR_9599", 0), "");
}

}  // namespace
}  // namespace hal::onboard
