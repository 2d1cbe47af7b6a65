# SPDX-License-Identifier: Apache-2.0
# cmake -DPROGRAM=… -DARGUMENTS=a|b -DSTATUS=n|n -DMATCHES=regex|regex [-DBACKEND=name] -P run_example.cmake
#   Fails unless PROGRAM ends with one of the statuses, and its stdout and stderr together match every expression.
string(REPLACE "|" ";" ARGUMENTS "${ARGUMENTS}")
string(REPLACE "|" ";" MATCHES "${MATCHES}")
if(BACKEND)
  set(ENV{HAL_BACKEND} "${BACKEND}")
else()
  unset(ENV{HAL_BACKEND})
endif()

execute_process(COMMAND "${PROGRAM}" ${ARGUMENTS} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT status MATCHES "^(${STATUS})$")
  message(FATAL_ERROR "exit status ${status}, not ${STATUS}")
endif()
foreach(expression IN LISTS MATCHES)
  if(NOT output MATCHES "${expression}")
    message(FATAL_ERROR "the output does not match: ${expression}")
  endif()
endforeach()
