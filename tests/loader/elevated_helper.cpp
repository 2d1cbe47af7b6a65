// SPDX-License-Identifier: Apache-2.0
//
// Prints the candidates that libhal finds, one in a line, and the selection. Tests run this program set-uid.
#include <cstdio>

#include "hal/hal.h"

namespace {

void print_log(void *, hal_log_level_t, const char *, const char *message) { std::printf("log: %s\n", message); }

}  // namespace

int main() {
  hal_log_set_callback(&print_log, nullptr);
  if (hal_init(HAL_ABI_DRAFT) != HAL_OK) return 1;
  uint32_t count = 0;
  if (hal_candidate_scan(&count) != HAL_OK) return 1;
  for (uint32_t i = 0; i < count; ++i) {
    hal_candidate_info_t info = {};
    info.struct_size = sizeof(info);
    hal_candidate_info(i, &info);
    std::printf("candidate: %s %s [%s]\n", info.name, *info.reason != '\0' ? info.reason : "good", info.origin);
  }
  hal_selection_info_t selection = {};
  selection.struct_size = sizeof(selection);
  hal_selection_explain(&selection);
  std::printf("selected: %s\n", *selection.name != '\0' ? selection.name : "none");
  return hal_shutdown() == HAL_OK ? 0 : 1;
}
