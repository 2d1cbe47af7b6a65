// SPDX-License-Identifier: Apache-2.0
//
// Reports as text.
#ifndef TOOLS_HALPROBE_OUTPUT_HPP_
#define TOOLS_HALPROBE_OUTPUT_HPP_

#include <string>

#include "options.hpp"
#include "report.hpp"

namespace halprobe {

// Whether status words on standard output are coloured.
bool wants_color(const Options &options);

std::string list_text(const Report &report, const Options &options);
std::string explain_text(const Report &report, const Options &options);
std::string probe_text(const Row &row, const Options &options);
std::string variables_text(const Report &report, const Options &options);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_OUTPUT_HPP_
