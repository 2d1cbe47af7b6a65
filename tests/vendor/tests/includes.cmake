# SPDX-License-Identifier: Apache-2.0
# cmake -DDIRECTORY=tests/vendor -P includes.cmake: the stand-in must not include libhal, so that it stays independent of the
#   code that it tests.
file(GLOB_RECURSE files "${DIRECTORY}/*.cpp" "${DIRECTORY}/*.hpp" "${DIRECTORY}/*.h" "${DIRECTORY}/*.c")
list(LENGTH files count)
if(count LESS 30)
  message(FATAL_ERROR "only ${count} files below ${DIRECTORY}")
endif()
foreach(file IN LISTS files)
  file(STRINGS "${file}" bad REGEX "#[ ]*include.*(hal/|onboard/|chips/|support/)")
  if(bad)
    message(FATAL_ERROR "${file}: ${bad}")
  endif()
endforeach()
message("${count} files")
