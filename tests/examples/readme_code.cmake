# SPDX-License-Identifier: Apache-2.0
# cmake -DREADME=file -DSOURCES=a|b -P readme_code.cmake
#   Fails unless the README shows each source exactly, without its leading comment lines.
string(REPLACE "|" ";" SOURCES "${SOURCES}")
file(READ "${README}" readme)
foreach(source IN LISTS SOURCES)
  file(READ "${source}" code)
  string(REGEX REPLACE "^((//|/\\*|#)[^\n]*\n)+" "" code "${code}")
  string(FIND "${readme}" "${code}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${README} does not show ${source} exactly")
  endif()
endforeach()
