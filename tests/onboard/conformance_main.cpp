// SPDX-License-Identifier: Apache-2.0
//
// The conformance suite over the stand-in for the vendor's runtime, which judges as well: a row during which the plugin
// did what a real runtime would not survive, or after which something is left in the runtime, has failed.
#include <gtest/gtest.h>
#include <standin.h>

#include <cstdlib>

#include "conformance.hpp"

namespace {

class Witness : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo &) override { standin_violations_clear(); }
  void OnTestEnd(const testing::TestInfo &) override {
    standin_check_closed();
    for (std::size_t i = 0; i < standin_violations(); ++i) ADD_FAILURE() << "stand-in: " << standin_violation(i);
  }
};

}  // namespace

int main(int argc, char **argv) {
  // Programs that rows start have no witness: they end at their first violation.
  setenv("STANDIN_ABORT", "1", 1);
  standin_set("ABORT", "0");
  testing::UnitTest::GetInstance()->listeners().Append(new Witness);
  return hal::conformance::run(argc, argv);
}
