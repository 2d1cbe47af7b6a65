# SPDX-License-Identifier: Apache-2.0
# cmake -DSUITE=hal-conformance -DROW=Suite.Test -DMUTANT=name -DUNBROKEN=name -DDIRECTORY=dir -DWORDS=regex
#       -P run_mutant.cmake
#   Checks that the test ROW passes on the unbroken plugin and fails on the mutant with a message that matches WORDS. A
#   skipped test or a suite that ends in another way is an error.
macro(run_suite backend)
  set(ENV{HAL_BACKEND} "${backend}")
  set(ENV{HAL_PLUGIN_FILES} "${DIRECTORY}/libhal-${backend}.so")
  execute_process(COMMAND "${SUITE}" "--gtest_filter=${ROW}" --require-backend RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
endmacro()

run_suite(${UNBROKEN})
if(NOT status STREQUAL "0" OR NOT output MATCHES "PASSED  . 1 test")
  message(FATAL_ERROR "${ROW} does not pass on the unbroken plugin:\n${output}")
endif()
run_suite(${MUTANT})
message("${output}")
string(REPLACE "." "[.]" row "${ROW}")
if(NOT status STREQUAL "1" OR NOT output MATCHES "FAILED  . ${row}\n" OR NOT output MATCHES "1 FAILED TEST\n")
  message(FATAL_ERROR "${ROW} did not fail on ${MUTANT}, or the suite ended in another way (status ${status})")
endif()
if(NOT output MATCHES "${WORDS}")
  message(FATAL_ERROR "${ROW} fails on ${MUTANT}, but its message does not match: ${WORDS}")
endif()
