# SPDX-License-Identifier: Apache-2.0
# cmake -DSUITE=hal-conformance -DROW=Suite.Test -DMUTANT=name -DUNBROKEN=name -DDIRECTORY=dir -DWORDS=regex
#       -P run_mutant.cmake
#   The row holds on the unbroken plugin and fails on the mutant, with those words: it is not skipped, and neither the suite
#   nor what runs it has ended in another way.
macro(judge backend)
  set(ENV{HAL_BACKEND} "${backend}")
  set(ENV{HAL_PLUGIN_FILES} "${DIRECTORY}/libhal-${backend}.so")
  execute_process(COMMAND "${SUITE}" "--gtest_filter=${ROW}" --require-backend RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
endmacro()

judge(${UNBROKEN})
if(NOT status STREQUAL "0" OR NOT output MATCHES "PASSED  . 1 test")
  message(FATAL_ERROR "${ROW} does not pass on the unbroken plugin:\n${output}")
endif()
judge(${MUTANT})
message("${output}")
string(REPLACE "." "[.]" row "${ROW}")
if(NOT status STREQUAL "1" OR NOT output MATCHES "FAILED  . ${row}\n" OR NOT output MATCHES "1 FAILED TEST\n")
  message(FATAL_ERROR "${ROW} lets ${MUTANT} pass, or the suite ended otherwise (status ${status})")
endif()
if(NOT output MATCHES "${WORDS}")
  message(FATAL_ERROR "${ROW} fails on ${MUTANT}, but does not say: ${WORDS}")
endif()
