// SPDX-License-Identifier: Apache-2.0
// The message starts with the whole value, so that the reason is cut off.
#include <string>

#include "environment/environment.hpp"
#include "environment/settings.hpp"

namespace hal::fuzz::seeded {

inline std::string core_variable_problem(const std::string &name) {
  std::string problem = core::core_variable_problem(name);
  if (!problem.empty()) problem = name + " is \"" + core::environment_text(name).value_or("") + "\"; " + problem;
  return problem;
}

}  // namespace hal::fuzz::seeded
