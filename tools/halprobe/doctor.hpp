// SPDX-License-Identifier: Apache-2.0
#ifndef TOOLS_HALPROBE_DOCTOR_HPP_
#define TOOLS_HALPROBE_DOCTOR_HPP_

#include "options.hpp"

namespace halprobe {

// halprobe doctor [NAME...]: the machine, and what each backend makes of it. Gives the exit status.
int doctor(const Options &options);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_DOCTOR_HPP_
