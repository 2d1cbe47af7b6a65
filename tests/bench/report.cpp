// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

#include "measure.hpp"

namespace hal::bench {
namespace {

// The median and the minimum of the repetitions, and the distance between the quartiles relative to the median.
struct Summary {
  double median = 0;
  double least = 0;
  double spread = 0;
};

std::optional<Summary> summarize(std::vector<double> samples) {
  if (samples.empty()) return std::nullopt;
  std::sort(samples.begin(), samples.end());
  const std::size_t last = samples.size() - 1;
  Summary summary;
  summary.median = (samples[last / 2] + samples[(last + 1) / 2]) / 2;
  summary.least = samples.front();
  summary.spread = (samples[last - last / 4] - samples[last / 4]) / summary.median;
  return summary;
}

double load_average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

std::string time_text(double ns) {
  std::ostringstream text;
  text << std::setprecision(3);
  if (ns < 1e3) {
    text << ns << " ns";
  } else if (ns < 1e6) {
    text << ns / 1e3 << " us";
  } else {
    text << ns / 1e6 << " ms";
  }
  return text.str();
}

std::string percent_text(double part) { return std::to_string(static_cast<int>(part * 100 + 0.5)) + " %"; }

std::string ratio_text(double ratio) {
  std::ostringstream text;
  text << std::setprecision(3) << ratio;
  return text.str();
}

std::string goal_text(const Row &row) {
  std::string text;
  if (row.goal_ratio > 0) text = "x " + ratio_text(row.goal_ratio);
  if (row.goal_ns > 0) text += (text.empty() ? "" : ", ") + time_text(row.goal_ns);
  return text.empty() ? "-" : text;
}

// Most yardsticks are cases with this prefix.
std::string_view without_prefix(std::string_view yardstick) {
  constexpr std::string_view kPrefix = "yardstick/";
  return yardstick.starts_with(kPrefix) ? yardstick.substr(kPrefix.size()) : yardstick;
}

bool has_goal(const Row &row) { return row.goal_ratio > 0 || row.goal_ns > 0; }

bool is_reached(const Row &row, double ns, double ratio) {
  return (row.goal_ratio == 0 || ratio <= row.goal_ratio) && (row.goal_ns == 0 || ns <= row.goal_ns);
}

const char *verdict(bool by_median, bool by_least, bool has_goal) {
  if (!has_goal) return "";
  return by_median ? "reached" : by_least ? "least only" : "missed";
}

std::string summary_text(const Summary &summary) {
  return time_text(summary.median) + " | " + percent_text(summary.spread) + " | " + time_text(summary.least);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

}  // namespace

void Collector::ReportRuns(const std::vector<Run> &runs) {
  for (const Run &run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    std::string name = run.run_name.function_name;
    if (!run.run_name.args.empty()) name += "/" + run.run_name.args;
    samples_[name].push_back(run.counters.at(kTypicalNs));
  }
}

const std::vector<double> &Collector::samples(const std::string &name) const {
  static const std::vector<double> none;
  const auto found = samples_.find(name);
  return found == samples_.end() ? none : found->second;
}

Machine describe_machine() {
  Machine machine = {};
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; machine.processor.empty() && std::getline(info, line);)
    if (line.starts_with("model name")) machine.processor = line.substr(line.find(':') + 2);
  machine.processors = std::thread::hardware_concurrency();
  utsname names = {};
  uname(&names);
  machine.system = std::string(names.sysname) + " " + names.release + " " + names.machine;
  const std::time_t now = std::time(nullptr);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
  machine.date = date;
  machine.load_before = load_average();
  return machine;
}

void print_table(const Collector &collector, const Machine &machine, std::ostream &out) {
  out << machine.processors << " x " << machine.processor << ", " << machine.system << ", " << machine.date << ", load "
      << machine.load_before << " before and " << load_average() << " after.\n"
      << "Times are medians over the repetitions. +- is the distance between their quartiles. least is the ratio of "
         "the\n"
      << "fastest repetitions, which other work on the machine affects least.\n\n"
      << "| operation | time | +- | fastest | yardstick | time | +- | fastest | ratio | least | goal | |\n"
      << "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Row &row : rows()) {
    const std::optional<Summary> own = summarize(collector.samples(row.name));
    const std::optional<Summary> other = summarize(collector.samples(row.yardstick));
    if (!own || !other) continue;
    const double ratio = own->median / other->median;
    const double least_ratio = own->least / other->least;
    out << "| " << row.title << " | " << summary_text(*own) << " | " << without_prefix(row.yardstick) << " | "
        << summary_text(*other) << " | " << ratio_text(ratio) << " | " << ratio_text(least_ratio) << " | "
        << goal_text(row) << " | "
        << verdict(is_reached(row, own->median, ratio), is_reached(row, own->least, least_ratio), has_goal(row))
        << " |\n";
  }
}

void print_json(const Collector &collector, const Machine &machine, std::ostream &out) {
  out << "{\n  \"machine\": {\"processor\": " << quoted(machine.processor) << ", \"processors\": " << machine.processors
      << ", \"system\": " << quoted(machine.system) << ", \"date\": " << quoted(machine.date)
      << ", \"load_before\": " << machine.load_before << ", \"load_after\": " << load_average() << "},\n  \"cases\": [";
  const char *separator = "\n";
  for (const auto &[name, samples] : collector.all()) {
    const std::optional<Summary> summary = summarize(samples);
    out << separator << "    {\"name\": " << quoted(name) << ", \"median_ns\": " << summary->median
        << ", \"least_ns\": " << summary->least << ", \"spread\": " << summary->spread
        << ", \"repetitions\": " << samples.size() << "}";
    separator = ",\n";
  }
  out << "\n  ],\n  \"rows\": [";
  separator = "\n";
  for (const Row &row : rows()) {
    const std::optional<Summary> own = summarize(collector.samples(row.name));
    const std::optional<Summary> other = summarize(collector.samples(row.yardstick));
    if (!own || !other) continue;
    out << separator << "    {\"case\": " << quoted(row.name) << ", \"yardstick\": " << quoted(row.yardstick)
        << ", \"ratio\": " << own->median / other->median << ", \"least_ratio\": " << own->least / other->least
        << ", \"goal_ratio\": " << row.goal_ratio << ", \"goal_ns\": " << row.goal_ns << "}";
    separator = ",\n";
  }
  out << "\n  ]\n}\n";
}

}  // namespace hal::bench
