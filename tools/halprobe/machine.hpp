// SPDX-License-Identifier: Apache-2.0
//
// Facts of the machine that are no vendor's. What a backend makes of them is for its plugin to say.
#ifndef TOOLS_HALPROBE_MACHINE_HPP_
#define TOOLS_HALPROBE_MACHINE_HPP_

#include <vector>

#include "ask.hpp"

namespace halprobe {

std::vector<Finding> read_machine();

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_MACHINE_HPP_
