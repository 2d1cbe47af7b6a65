# SPDX-License-Identifier: Apache-2.0
# For the scripts of this folder: run(command …) fails unless the command succeeds; `output` is what it printed.
cmake_minimum_required(VERSION 3.25)
foreach(variable IN ITEMS HAL_BACKEND HAL_PLUGIN_PATH HAL_PLUGIN_FILES HAL_LOG_LEVEL LD_LIBRARY_PATH DESTDIR PKG_CONFIG_PATH
                          CMAKE_PREFIX_PATH)
  unset(ENV{${variable}})
endforeach()
set(ENV{CCACHE_BASEDIR} "${SOURCE}")
set(ENV{CCACHE_NOHASHDIR} "1")
set(ENV{CCACHE_SLOPPINESS} "pch_defines,time_macros")

macro(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "status ${status} of: ${command}\n${output}")
  endif()
endmacro()

# Fails unless `output` matches.
macro(expect expression)
  if(NOT output MATCHES "${expression}")
    message(FATAL_ERROR "the output does not match: ${expression}\n${output}")
  endif()
endmacro()

set(configure "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_C_COMPILER=${CC}" "-DCMAKE_CXX_COMPILER=${CXX}"
              "-DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
              "-DHAL_KERNEL_CXX=${KERNEL_CXX}" -DCMAKE_BUILD_TYPE=RelWithDebInfo)
