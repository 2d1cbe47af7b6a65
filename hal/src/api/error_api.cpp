// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/error.hpp"
#include "diagnostics/status.hpp"
#include "diagnostics/struct_rules.hpp"

using namespace hal::core;

hal_status_t hal_last_error(hal_error_info_t *info) {
  const ApiScope scope(__func__, __builtin_return_address(0));
  const ErrorRecord &last = last_error();
  const hal_error_info_t answer = {sizeof(answer),    last.status,        last.native_code, last.domain,
                                   last.component,    last.function,      last.message,     last.hint,
                                   last.facts.kernel, last.facts.address, last.facts.block, last.facts.flags};
  return write_struct(info, answer, "info");
}

const char *hal_status_string(hal_status_t status) { return status_name(status); }
