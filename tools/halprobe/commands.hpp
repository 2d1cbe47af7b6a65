// SPDX-License-Identifier: Apache-2.0
//
// The commands: what each looks at, prints and answers.
#ifndef TOOLS_HALPROBE_COMMANDS_HPP_
#define TOOLS_HALPROBE_COMMANDS_HPP_

#include <string>
#include <vector>

#include "options.hpp"
#include "report.hpp"

namespace halprobe {

// Runs the command and gives the exit status.
int run_command(const Options &options);

// What the commands share. Diagnostics go to stderr.
void complain(const std::string &message, const std::string &hint = {});

// Drops the rows of other backends; no names = keeps all.
void keep_named(Report &report, const std::vector<std::string> &names);

// Says why if the backend is not usable.
bool check_name(const Report &report, const std::string &name);

// The exit status: 5 before 3 before 4.
int judge(const Report &report, const Options &options, bool all_usable);

// The text, or with --json the envelope around own_part.
void print(const Options &options, const std::string &text, const Report &report, Json own_part, int exit_code);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_COMMANDS_HPP_
