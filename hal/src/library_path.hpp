// SPDX-License-Identifier: Apache-2.0
//
// Where libhal itself was loaded from.
#ifndef HAL_SRC_LIBRARY_PATH_HPP_
#define HAL_SRC_LIBRARY_PATH_HPP_

#include <string>

namespace hal::core {

// The real directory of the file that holds libhal's code; "" if the system does not tell. Never depends on the current
// directory.
std::string library_directory();

}  // namespace hal::core

#endif  // HAL_SRC_LIBRARY_PATH_HPP_
