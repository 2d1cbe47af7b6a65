# SPDX-License-Identifier: Apache-2.0
# cmake -DSUITE=hal-conformance -DROW=Suite.Test -DMUTANT=name -DDIRECTORY=dir -DWORDS=regex -P run_mutant.cmake
#   The row passes on the unbroken null plugin and fails on the mutant, with those words.
macro(judge backend)
  set(ENV{HAL_BACKEND} "${backend}")
  set(ENV{HAL_PLUGIN_FILES} "${DIRECTORY}/libhal-${backend}.so")
  execute_process(COMMAND "${SUITE}" "--gtest_filter=${ROW}" --require-backend RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
endmacro()

judge(mutant-none)
if(NOT status EQUAL 0 OR NOT output MATCHES "PASSED  . 1 test")
  message(FATAL_ERROR "${ROW} does not pass on the unbroken plugin:\n${output}")
endif()
judge(${MUTANT})
message("${output}")
if(status EQUAL 0)
  message(FATAL_ERROR "${ROW} lets ${MUTANT} pass")
endif()
if(NOT output MATCHES "${WORDS}")
  message(FATAL_ERROR "${ROW} fails on ${MUTANT}, but does not say: ${WORDS}")
endif()
