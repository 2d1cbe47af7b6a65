// SPDX-License-Identifier: Apache-2.0
//
// The commands: what each looks at, prints and answers.
#ifndef TOOLS_HALPROBE_COMMANDS_HPP_
#define TOOLS_HALPROBE_COMMANDS_HPP_

#include "options.hpp"

namespace halprobe {

// Runs the command and gives the exit status.
int run_command(const Options &options);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_COMMANDS_HPP_
