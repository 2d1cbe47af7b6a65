// SPDX-License-Identifier: Apache-2.0
#include "doctor.hpp"

#include <algorithm>

#include "ask.hpp"
#include "commands.hpp"
#include "machine.hpp"
#include "output.hpp"
#include "survey.hpp"
#include "table.hpp"

namespace halprobe {
namespace {

Json or_null(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

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

// The table, and below it what to do about what is not well.
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
  text += (row.reason.empty() ? "" : " (" + row.reason + "): " + printable(row.detail)) + '\n';
  if (!row.hint.empty()) text += "next: " + printable(row.hint) + '\n';
  if (!diagnosis.findings.empty()) text += findings_text(diagnosis.findings, options);
  if (!diagnosis.missing.reason.empty())
    text += "diagnosis: " + diagnosis.missing.reason + ": " + printable(diagnosis.missing.detail) + '\n';
  return text;
}

// A plugin that cannot even be loaded has no diagnosis; one that died while it was probed may have.
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
    complain("the diagnosis of " + diagnosis.backend + " failed: " + diagnosis.missing.detail, diagnosis.missing.hint);
  if (problems > 0)
    complain(diagnosis.backend + " has problems here: " + std::to_string(problems),
             "the lines with status 'problem' say what, and 'next:' what to do");
  return whole && problems == 0;
}

}  // namespace

int doctor(const Options &options) {
  Report report = survey(options, {options.names, {}, options.json});
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
  const int exit_code = judge(report, options, well);

  std::string text = "machine\n" + findings_text(machine, options);
  for (std::size_t i = 0; i < asked.size(); ++i) text += diagnosis_text(diagnoses[i], *asked[i], options);
  print(options, text, report, doctor_part(machine, diagnoses), exit_code);
  return exit_code;
}

}  // namespace halprobe
