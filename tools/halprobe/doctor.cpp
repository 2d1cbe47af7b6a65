// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "ask.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "survey.hpp"
#include "table.hpp"

namespace halprobe {
namespace {

std::string first_line(const char *path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : "unknown";
}

// The value of a line of /proc/meminfo.
std::string meminfo(const std::string &key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return line.substr(line.find_first_not_of(' ', key.size() + 1));
  return "unknown";
}

std::string limit(__rlimit_resource_t resource) {
  rlimit limits = {};
  if (::getrlimit(resource, &limits) != 0) return "unknown";
  const auto text = [](rlim_t value) { return value == RLIM_INFINITY ? "unlimited" : std::to_string(value); };
  return text(limits.rlim_cur) + " (hard: " + text(limits.rlim_max) + ")";
}

std::string kernel() {
  utsname name = {};
  return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release + " " + name.machine : "unknown";
}

std::string processors() {
  cpu_set_t usable;
  std::string all = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " online";
  if (::sched_getaffinity(0, sizeof(usable), &usable) != 0) return all;
  return all + ", " + std::to_string(CPU_COUNT(&usable)) + " for this process";
}

// Facts that concern no vendor. Each plugin judges what its devices need.
std::vector<Finding> read_machine() {
  std::vector<Finding> findings;
  const auto add = [&](const char *section, const char *name, std::string value) {
    findings.push_back({section, name, "info", std::move(value), ""});
  };
  add("system", "kernel", kernel());
  add("system", "processors", processors());
  add("system", "user", std::to_string(::geteuid()));
  add("memory", "page size", std::to_string(::sysconf(_SC_PAGESIZE)) + " bytes");
  add("memory", "total", meminfo("MemTotal"));
  add("memory", "available", meminfo("MemAvailable"));
  add("memory", "transparent hugepages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  add("memory", "hugepages", first_line("/proc/sys/vm/nr_hugepages") + " of " + meminfo("Hugepagesize"));
  add("memory", "overcommit", first_line("/proc/sys/vm/overcommit_memory"));
  add("limits", "locked memory", limit(RLIMIT_MEMLOCK));
  add("limits", "address space", limit(RLIMIT_AS));
  add("limits", "file size", limit(RLIMIT_FSIZE));
  add("limits", "open files", limit(RLIMIT_NOFILE));
  add("limits", "processes", limit(RLIMIT_NPROC));
  return findings;
}

Json to_json(const std::vector<Finding> &findings) {
  Json list = Json::array();
  for (const Finding &finding : findings)
    list.push_back({{"section", finding.section},
                    {"name", finding.name},
                    {"value", finding.value},
                    {"verdict", finding.verdict},
                    {"hint", or_null(finding.hint)}});
  return list;
}

Json doctor_part(const std::vector<Finding> &machine, const std::vector<Diagnosis> &diagnoses) {
  Json backends = Json::array();
  for (const Diagnosis &diagnosis : diagnoses)
    backends.push_back({{"name", diagnosis.backend},
                        {"path", diagnosis.path},
                        {"reason", or_null(diagnosis.missing.reason)},
                        {"detail", or_null(diagnosis.missing.detail)},
                        {"hint", or_null(diagnosis.missing.hint)},
                        {"findings", to_json(diagnosis.findings)}});
  return {{"machine", to_json(machine)}, {"backends", std::move(backends)}};
}

// The table, followed by the next steps.
std::string findings_text(const std::vector<Finding> &findings, const Options &options) {
  Table table({"SECTION", "NAME", "STATUS", "VALUE"});
  for (const Finding &finding : findings) table.add({finding.section, finding.name, finding.verdict, finding.value});
  std::string text = table.text(Painter(wants_color(options)), options.header);
  for (const Finding &finding : findings)
    if (!finding.hint.empty()) text += "next: " + printable(finding.name) + ": " + printable(finding.hint) + '\n';
  return text;
}

std::string diagnosis_text(const Diagnosis &diagnosis, const Row &row, const Options &options) {
  const Painter painter(wants_color(options));
  std::string text = '\n' + printable(row.name) + "  " + painter.status(row.status);
  text += (row.reason.empty() ? "" : " (" + printable(row.reason) + "): " + printable(row.detail)) + '\n';
  if (!row.hint.empty()) text += "next: " + printable(row.hint) + '\n';
  if (!diagnosis.findings.empty()) text += findings_text(diagnosis.findings, options);
  if (!diagnosis.missing.reason.empty())
    text += "diagnosis: " + printable(diagnosis.missing.reason) + ": " + printable(diagnosis.missing.detail) + '\n';
  return text;
}

// A plugin that cannot be loaded has no diagnosis. One that crashed while it was probed may have one.
bool can_be_asked(const Row &row) {
  return row.status == "usable" || row.status == "absent" || row.reason == "crashed" || row.reason == "exited" ||
         row.reason == "timeout";
}

std::size_t count_problems(const Diagnosis &diagnosis) {
  return static_cast<std::size_t>(std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                                [](const Finding &finding) { return finding.verdict == "problem"; }));
}

bool is_well(const Diagnosis &diagnosis) {
  const std::size_t problems = count_problems(diagnosis);
  const bool whole = diagnosis.missing.reason.empty() || diagnosis.missing.reason == "unsupported";
  if (!whole)
    print_problem("the diagnosis of " + diagnosis.backend + " failed: " + diagnosis.missing.detail,
                  diagnosis.missing.hint);
  if (problems > 0)
    print_problem(diagnosis.backend + " has " + std::to_string(problems) + (problems == 1 ? " problem" : " problems") +
                      " on this machine",
                  "see the lines with status 'problem', and follow the lines that start with 'next:'");
  return whole && problems == 0;
}

}  // namespace

int doctor(const Options &options) {
  Report report = survey(options, {options.names, {}, true, options.json});
  keep_named(report, options.names);
  std::vector<const Row *> asked;
  for (const Row &row : report.rows)
    if (can_be_asked(row)) asked.push_back(&row);
  const std::vector<Finding> machine = read_machine();
  const std::vector<Diagnosis> diagnoses = diagnose_rows(asked, options);

  bool well = true;
  for (const std::string &name : options.names) well = check_name(report, name) && well;
  if (!options.names.empty())
    for (const Diagnosis &diagnosis : diagnoses) well = is_well(diagnosis) && well;
  const int exit_code = exit_status(report, options, well);

  std::string text = "machine\n" + findings_text(machine, options);
  for (std::size_t i = 0; i < asked.size(); ++i) text += diagnosis_text(diagnoses[i], *asked[i], options);
  print(options, text, report, doctor_part(machine, diagnoses), exit_code);
  return exit_code;
}

}  // namespace halprobe
