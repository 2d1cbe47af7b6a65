# SPDX-License-Identifier: Apache-2.0
# No text file of the installed tree names its first prefix, the build tree or the source tree.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
file(GLOB_RECURSE files "${PREFIX}/*.cmake" "${PREFIX}/*.pc" "${PREFIX}/*.txt" "${PREFIX}/*.in" "${PREFIX}/*.h*")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  foreach(place IN ITEMS "${WORK}" "${BUILD}" "${SOURCE}")
    string(FIND "${text}" "${place}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} names ${place}: the tree cannot be moved")
    endif()
  endforeach()
endforeach()
