// SPDX-License-Identifier: Apache-2.0
//
// Runs the conformance suite over the stand-in for the vendor's runtime. A test also fails if the stand-in reports a
// violation (a call that a real runtime would not survive), or if something is left in the runtime after it.
#include <gtest/gtest.h>
#include <malloc.h>
#include <standin.h>

#include <cstdlib>
#include <string_view>

#include "conformance.hpp"

namespace {

// The test ImportedMemory unmaps registered memory on purpose.
bool is_intended(std::string_view row, std::string_view violation) {
  return row == "ImportedMemory" &&
         violation.find("was unmapped or replaced while it was registered") != std::string_view::npos;
}

class ViolationCheck : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo &) override {
    standin_violations_clear();
    standin_calls_clear();
  }

  void OnTestEnd(const testing::TestInfo &row) override {
    standin_check_closed();
    for (std::size_t i = 0; i < standin_violations(); ++i) {
      if (!is_intended(row.test_suite_name(), standin_violation(i)))
        ADD_FAILURE() << "stand-in: " << standin_violation(i);
    }
  }
};

}  // namespace

int main(int argc, char **argv) {
  // The device's threads run in this process. With an arena for each thread, tests could not count mappings.
  mallopt(M_ARENA_MAX, 1);
  // Programs that tests start do not have this check, so they end at their first violation.
  setenv("STANDIN_ABORT", "1", 1);
  standin_set("ABORT", "0");
  testing::UnitTest::GetInstance()->listeners().Append(new ViolationCheck);
  return hal::conformance::run(argc, argv);
}
