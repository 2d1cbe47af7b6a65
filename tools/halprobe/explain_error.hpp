// SPDX-License-Identifier: Apache-2.0
#ifndef TOOLS_HALPROBE_EXPLAIN_ERROR_HPP_
#define TOOLS_HALPROBE_EXPLAIN_ERROR_HPP_

#include "options.hpp"

namespace halprobe {

// halprobe explain-error [DOMAIN:]CODE: what libhal and every plugin know of a code. Gives the exit status.
int explain_error(const Options &options);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_EXPLAIN_ERROR_HPP_
