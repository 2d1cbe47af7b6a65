# SPDX-License-Identifier: Apache-2.0
# Runs hal-bench without PoCL. A line must explain why PoCL's rows are missing, and the other rows must exist.
# BENCH: the program. WITH_OPENCL: whether it was built with OpenCL's loader. DIRECTORY: created and removed by this script.
file(MAKE_DIRECTORY "${DIRECTORY}")
set(ENV{OCL_ICD_VENDORS} "${DIRECTORY}") # the loader searches this empty folder for platforms
unset(ENV{OCL_ICD_FILENAMES})
execute_process(COMMAND "${BENCH}" --smoke "--benchmark_filter=abi_draft|table_call|pocl|launch" OUTPUT_VARIABLE output
                ERROR_VARIABLE errors RESULT_VARIABLE result)
file(REMOVE_RECURSE "${DIRECTORY}")

if(WITH_OPENCL)
  set(why "no OpenCL platform with that name; install pocl-opencl-icd")
else()
  set(why "this program was built without OpenCL's headers and loader")
endif()
if(NOT result EQUAL 0)
  message(FATAL_ERROR "hal-bench ended with ${result}: ${errors}")
endif()
if(NOT output MATCHES "\nPoCL: skipped: ${why}[.]\n")
  message(FATAL_ERROR "the line \"PoCL: skipped: ${why}\" is missing:\n${output}")
endif()
if(output MATCHES "\n[|][^\n]*pocl_")
  message(FATAL_ERROR "the table has rows of PoCL:\n${output}")
endif()
if(NOT output MATCHES "\n[|] hal_abi_draft ")
  message(FATAL_ERROR "other rows are missing:\n${output}")
endif()
