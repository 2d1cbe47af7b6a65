# SPDX-License-Identifier: Apache-2.0
# hal-bench where PoCL is not installed: a line says that its rows are missing and why, the other rows are there.
# BENCH: the program. WITH_OPENCL: whether it was built with OpenCL's loader. DIRECTORY: to make and remove.
file(MAKE_DIRECTORY "${DIRECTORY}")
set(ENV{OCL_ICD_VENDORS} "${DIRECTORY}") # where the loader looks for platforms: nothing is there
unset(ENV{OCL_ICD_FILENAMES})
execute_process(COMMAND "${BENCH}" --smoke "--benchmark_filter=abi_draft|table_call|pocl|launch" OUTPUT_VARIABLE output
                ERROR_VARIABLE errors RESULT_VARIABLE result)
file(REMOVE_RECURSE "${DIRECTORY}")

if(WITH_OPENCL)
  set(why "no OpenCL platform of that name here; install pocl-opencl-icd")
else()
  set(why "this program was built without OpenCL's headers and loader")
endif()
if(NOT result EQUAL 0)
  message(FATAL_ERROR "hal-bench ended with ${result}: ${errors}")
endif()
if(NOT output MATCHES "\nPoCL: skipped: ${why}[.]\n")
  message(FATAL_ERROR "no line says that PoCL is skipped because ${why}:\n${output}")
endif()
if(output MATCHES "\n[|][^\n]*pocl_")
  message(FATAL_ERROR "there are rows of PoCL:\n${output}")
endif()
if(NOT output MATCHES "\n[|] hal_abi_draft ")
  message(FATAL_ERROR "other rows are missing:\n${output}")
endif()
