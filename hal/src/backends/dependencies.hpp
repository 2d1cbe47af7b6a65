// SPDX-License-Identifier: Apache-2.0
//
// Whether the libraries that a shared object needs can be found, before the dynamic linker is asked.
#ifndef HAL_SRC_BACKENDS_DEPENDENCIES_HPP_
#define HAL_SRC_BACKENDS_DEPENDENCIES_HPP_

#include <string>
#include <vector>

#include "backends/elf_image.hpp"

namespace hal::core {

// The needed libraries that are certainly nowhere: not loaded yet, in no directory that the linker searches, not in its
// cache. In doubt a library counts as found, and the linker tells.
std::vector<std::string> missing_dependencies(const ElfImage &image, const std::string &real_path);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_DEPENDENCIES_HPP_
