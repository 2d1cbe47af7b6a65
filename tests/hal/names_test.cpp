// SPDX-License-Identifier: Apache-2.0
#include "hal/names.h"

#include <gtest/gtest.h>

namespace {

TEST(Names, OfConstantsAreThoseOfTheHeader) {
  EXPECT_STREQ(hal_name_of_property(HAL_PROPERTY_AIV_CORES), "AIV_CORES");
  EXPECT_STREQ(hal_name_of_mem_kind(HAL_MEM_HOST_MAPPED), "HOST_MAPPED");
  EXPECT_STREQ(hal_name_of_engine(HAL_ENGINE_AICPU), "AICPU");
  EXPECT_STREQ(hal_name_of_log_level(HAL_LOG_WARN), "WARN");
}

TEST(Names, OfOtherNumbersAreUnknown) {
  EXPECT_STREQ(hal_name_of_property(9999), "UNKNOWN");
  EXPECT_STREQ(hal_name_of_mem_kind(9999), "UNKNOWN");
  EXPECT_STREQ(hal_name_of_engine(HAL_ENGINE_AIC | HAL_ENGINE_AIV), "UNKNOWN") << "a mask of several engines";
  EXPECT_STREQ(hal_name_of_log_level(9999), "UNKNOWN");
}

}  // namespace
