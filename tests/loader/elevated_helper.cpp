// SPDX-License-Identifier: Apache-2.0
//
//   elevated_helper [BACKEND]
//
// Prints the candidates that libhal finds, one in a line, and the selection. Tests run this program set-uid. With a
// backend, it also prints whether the default device opens.
#include <cstdio>
#include <string>

#include "hal/hal.h"

namespace {

void print_log(void *, hal_log_level_t, const char *, const char *message) { std::printf("log: %s\n", message); }

// "OK", or why not.
std::string open_device(const char *name) {
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  if (hal_backend_select(name, &backend) == HAL_OK && hal_device_open(backend, HAL_DEVICE_DEFAULT, &device) == HAL_OK)
    return hal_status_string(hal_device_close(device));
  hal_error_info_t error = {};
  error.struct_size = sizeof(error);
  hal_last_error(&error);
  return error.message;
}

}  // namespace

int main(int argc, char **argv) {
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
  if (argc > 1) std::printf("opened: %s\n", open_device(argv[1]).c_str());
  return hal_shutdown() == HAL_OK ? 0 : 1;
}
