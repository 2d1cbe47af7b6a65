// SPDX-License-Identifier: Apache-2.0
//
// What tells one build of a shared object from another, in the file and in memory: its program headers and notes, of
// which the build id is one.
#ifndef HAL_SRC_BACKENDS_IDENTITY_HPP_
#define HAL_SRC_BACKENDS_IDENTITY_HPP_

#include <string>

#include "backends/elf_image.hpp"

namespace hal::core {

std::string file_identity(const ElfImage &image);

// Of what dlopen gave; "" if the linker does not show it.
std::string loaded_identity(void *library);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_IDENTITY_HPP_
