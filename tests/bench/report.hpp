// SPDX-License-Identifier: Apache-2.0
//
// The results of the measurements, and their two output forms: a table of ratios, and JSON.
#ifndef HAL_TESTS_BENCH_REPORT_HPP_
#define HAL_TESTS_BENCH_REPORT_HPP_

#include <benchmark/benchmark.h>

#include <map>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace hal::bench {

// Collects the result of measure() in each repetition, by case.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &runs) override;

  // Nanoseconds of each repetition; empty if the case did not run.
  const std::vector<double> &samples(const std::string &name) const;
  const std::map<std::string, std::vector<double>> &all() const { return samples_; }

 private:
  std::map<std::string, std::vector<double>> samples_;
};

// One row of the table: a case and its yardstick. A goal of 0 means that there is no goal.
struct Row {
  const char *title;
  const char *name;
  const char *yardstick;
  double goal_ratio;
  double goal_ns;
};

std::span<const Row> rows();

struct Machine {
  std::string processor;
  unsigned processors;
  std::string system;
  std::string date;
  double load_before;
};

Machine describe_machine();

void print_table(const Collector &collector, const Machine &machine, std::ostream &out);
void print_json(const Collector &collector, const Machine &machine, std::ostream &out);

}  // namespace hal::bench

#endif  // HAL_TESTS_BENCH_REPORT_HPP_
