# SPDX-License-Identifier: Apache-2.0
# cmake -DSUITE=hal-conformance -DARGUMENT=--option -DWORDS=regex -P refused_option.cmake
execute_process(COMMAND "${SUITE}" "${ARGUMENT}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status STREQUAL "2" OR NOT output MATCHES "${WORDS}")
  message(FATAL_ERROR "${ARGUMENT}: expected status 2 and \"${WORDS}\", got ${status}:\n${output}")
endif()
message("${output}")
