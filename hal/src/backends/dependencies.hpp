// SPDX-License-Identifier: Apache-2.0
//
// Finds missing dependencies of a shared object without the dynamic linker.
#ifndef HAL_SRC_BACKENDS_DEPENDENCIES_HPP_
#define HAL_SRC_BACKENDS_DEPENDENCIES_HPP_

#include <string>
#include <vector>

#include "backends/elf_image.hpp"

namespace hal::core {

// The needed libraries that are not loaded, not in the linker's cache and in none of the directories that the linker
// searches. If that is uncertain, a library is not reported, and dlopen decides.
std::vector<std::string> missing_dependencies(const ElfImage &image, const std::string &real_path);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_DEPENDENCIES_HPP_
