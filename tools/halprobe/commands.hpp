// SPDX-License-Identifier: Apache-2.0
//
// The commands, and the functions that they share.
#ifndef TOOLS_HALPROBE_COMMANDS_HPP_
#define TOOLS_HALPROBE_COMMANDS_HPP_

#include <string>
#include <vector>

#include "options.hpp"
#include "report.hpp"

namespace halprobe {

// Runs the command of the options and returns the exit status.
int run_command(const Options &options);

// halprobe doctor [NAME...]: facts about the machine, and each plugin's findings. Returns the exit status.
int doctor(const Options &options);

// halprobe explain-error [DOMAIN:]CODE: the answers of libhal and of every plugin. Returns the exit status.
int explain_error(const Options &options);

// Prints to standard error.
void print_problem(const std::string &message, const std::string &hint = {});

// Removes the rows of other backends. Without names it keeps all rows.
void keep_named(Report &report, const std::vector<std::string> &names);

// Whether the backend is usable. If not, prints the reason.
bool check_name(const Report &report, const std::string &name);

// The exit status. If several apply: 5 before 3 before 4. Prints the invalid variables.
int exit_status(const Report &report, const Options &options, bool all_usable);

// Prints the text, or with --json the envelope around own_part.
void print(const Options &options, const std::string &text, const Report &report, Json own_part, int exit_code);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_COMMANDS_HPP_
