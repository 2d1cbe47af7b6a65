// SPDX-License-Identifier: Apache-2.0
//
// Questions to one plugin each, in processes of their own: what a code means, what it needs of the machine. None of
// them is probed for it.
#ifndef TOOLS_HALPROBE_ASK_HPP_
#define TOOLS_HALPROBE_ASK_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"
#include "report.hpp"

namespace halprobe {

// Why a plugin gave no answer, or no whole one; "" = it did.
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
  std::vector<Finding> findings;  // of a plugin that crashed: those before
  NoAnswer missing;
};

struct Explanation {
  std::string domain, status, cause, hint;
};

struct Explained {
  std::string backend;
  std::optional<Explanation> answer;  // nullopt: the plugin does not know the code, unless missing says more
  NoAnswer missing;
};

// One answer for each row, in order.
std::vector<Diagnosis> diagnose_rows(const std::vector<const Row *> &rows, const Options &options);
std::vector<Explained> explain_by_rows(const std::vector<const Row *> &rows, const std::string &domain,
                                       std::int64_t code, const Options &options);

// What libhal itself knows of the code.
std::optional<Explanation> explain_by_libhal(const std::string &domain, std::int64_t code);

// In the process that was started for one question: answers and ends, if the arguments are one of these.
void answer_question(const std::vector<std::string> &arguments);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_ASK_HPP_
