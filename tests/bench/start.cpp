// SPDX-License-Identifier: Apache-2.0
//
// A fresh process that starts libhal and selects a backend, and nothing else.
#include "hal/hal.h"

int main() {
  hal_backend_t backend = nullptr;
  return hal_init(HAL_ABI_DRAFT) == HAL_OK && hal_backend_select("a2a3-sim", &backend) == HAL_OK ? 0 : 1;
}
