// SPDX-License-Identifier: Apache-2.0
//
// A new process that only starts libhal and selects a backend. It prints the nanoseconds that this took. With
// "dlopen FILE" it does only what every loader must do: it calls dlopen for FILE and reads its directory.
#include <dirent.h>
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "hal/hal.h"

namespace {

bool init_and_select() {
  hal_backend_t backend = nullptr;
  return hal_init(HAL_ABI_DRAFT) == HAL_OK && hal_backend_select("a2a3-sim", &backend) == HAL_OK;
}

bool load_and_scan(const std::string &file) {
  DIR *directory = opendir(file.substr(0, file.rfind('/')).c_str());
  if (directory == nullptr) return false;
  while (readdir(directory) != nullptr) {
  }
  closedir(directory);
  return dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr;
}

}  // namespace

int main(int argc, char **argv) {
  const bool bare = argc == 3 && std::strcmp(argv[1], "dlopen") == 0;
  const auto start = std::chrono::steady_clock::now();
  const bool good = bare ? load_and_scan(argv[2]) : init_and_select();
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
  std::printf("%lld\n", static_cast<long long>(took.count()));
  return good ? 0 : 1;
}
