// SPDX-License-Identifier: Apache-2.0
//
// Questions to plugins, one child process for each plugin: the meaning of an error code, and its findings about the
// machine. These questions load a plugin but do not probe it.
#ifndef TOOLS_HALPROBE_ASK_HPP_
#define TOOLS_HALPROBE_ASK_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"
#include "report.hpp"

namespace halprobe {

// Why a plugin's answer is missing or incomplete. reason "" = the answer is complete.
struct NoAnswer {
  std::string reason;  // "crashed", "exited", "timeout", "unsupported" or "failed"
  std::string detail;
  std::string hint;
};

struct Finding {
  std::string section, name, verdict, value, hint;
};

struct Diagnosis {
  std::string backend, path;
  std::vector<Finding> findings;  // if the plugin crashed: the findings before the crash
  NoAnswer missing;
};

struct Explanation {
  std::string domain, status, cause, hint;
};

struct Explained {
  std::string backend;
  std::optional<Explanation> answer;  // nullopt: the plugin does not know the code, or missing has the reason
  NoAnswer missing;
};

// One answer for each row, in the order of the rows.
std::vector<Diagnosis> diagnose_rows(const std::vector<const Row *> &rows, const Options &options);
std::vector<Explained> explain_by_rows(const std::vector<const Row *> &rows, const std::string &domain,
                                       std::int64_t code, const Options &options);

// libhal's own explanation. nullopt: libhal does not know the code.
std::optional<Explanation> explain_by_libhal(const std::string &domain, std::int64_t code);

// In the child process: if the arguments are a question, answers it and ends the process.
void answer_question(const std::vector<std::string> &arguments);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_ASK_HPP_
