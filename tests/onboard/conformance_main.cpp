// SPDX-License-Identifier: Apache-2.0
//
// The conformance suite over the stand-in for the vendor's runtime, which judges as well: a row during which the plugin
// did what a real runtime would not survive, or after which something is left in the runtime, has failed.
#include <gtest/gtest.h>
#include <malloc.h>
#include <standin.h>

#include <cstdlib>
#include <string_view>

#include "conformance.hpp"

namespace {

// What a row does on purpose, as a careless program would: it unmaps memory that is registered.
bool is_the_rows_own(std::string_view row, std::string_view violation) {
  return row == "ImportedMemory" &&
         violation.find("was unmapped or replaced while it was registered") != std::string_view::npos;
}

class Witness : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo &) override {
    standin_violations_clear();
    standin_calls_clear();
  }

  void OnTestEnd(const testing::TestInfo &row) override {
    standin_check_closed();
    for (std::size_t i = 0; i < standin_violations(); ++i) {
      if (!is_the_rows_own(row.test_suite_name(), standin_violation(i)))
        ADD_FAILURE() << "stand-in: " << standin_violation(i);
    }
  }
};

}  // namespace

int main(int argc, char **argv) {
  // The device's threads are of this process: each with an arena of its own, rows could not count mappings.
  mallopt(M_ARENA_MAX, 1);
  // Programs that rows start have no witness: they end at their first violation.
  setenv("STANDIN_ABORT", "1", 1);
  standin_set("ABORT", "0");
  testing::UnitTest::GetInstance()->listeners().Append(new Witness);
  return hal::conformance::run(argc, argv);
}
