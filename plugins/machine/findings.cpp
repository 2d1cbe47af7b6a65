// SPDX-License-Identifier: Apache-2.0
#include "machine/findings.hpp"

namespace hal::machine {

void Findings::add(hal_finding_verdict_t verdict, const std::string &name, const std::string &value,
                   const std::string &hint) const {
  const hal_finding_t finding = {sizeof(finding), verdict, section_.c_str(), name.c_str(), value.c_str(), hint.c_str()};
  report_(user_, &finding);
}

}  // namespace hal::machine
