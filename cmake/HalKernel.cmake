# SPDX-License-Identifier: Apache-2.0
# hal_add_kernel(NAME SOURCES … BACKENDS a2a3-sim a5-sim [ENGINE aic|aiv|aicpu] [DEFINITIONS …])
#   Compiles one kernel object per simulator backend, <dir>/kernels/<backend>/<NAME>.so, with the kernel compiler, and
#   makes a target <NAME>-kernel that all of them belong to. HAL_KERNEL_DIR is where a program finds them.
#   Kernels have a compiler of their own (HAL_KERNEL_CXX), since tile-library kernels want a newer one than libhal does.
set(HAL_KERNEL_DIR "${PROJECT_BINARY_DIR}/kernels")

if(NOT HAL_KERNEL_CXX)
  if(HAL_SANITIZE)
    set(found "${CMAKE_CXX_COMPILER}") # a kernel shares the sanitizer's runtime with the device process
  else()
    find_program(found NAMES clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++ g++ NO_CACHE)
  endif()
  set(HAL_KERNEL_CXX "${found}" CACHE FILEPATH "Compiler of kernel objects for the simulators")
endif()

function(hal_add_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ENGINE" "SOURCES;BACKENDS;DEFINITIONS")
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  if(arg_ENGINE)
    list(APPEND arg_DEFINITIONS "HAL_KERNEL_ENGINE=\"${arg_ENGINE}\"")
  endif()
  list(TRANSFORM arg_DEFINITIONS PREPEND "-D")
  set(include "$<JOIN:$<TARGET_PROPERTY:hal_kernel_headers,INTERFACE_INCLUDE_DIRECTORIES>,;-I>")
  foreach(backend IN LISTS arg_BACKENDS)
    set(object "${HAL_KERNEL_DIR}/${backend}/${name}.so")
    file(MAKE_DIRECTORY "${HAL_KERNEL_DIR}/${backend}")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${HAL_KERNEL_CXX}" -std=c++20 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra
              -D__CPU_SIM "-DHAL_KERNEL_BACKEND=\"${backend}\"" ${arg_DEFINITIONS} ${HAL_SANITIZE_FLAGS} "-I${include}"
              -MD -MF "${object}.d" -o "${object}" ${arg_SOURCES}
      DEPENDS ${arg_SOURCES}
      DEPFILE "${object}.d"
      COMMENT "Kernel ${name} for ${backend}"
      VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND objects "${object}")
  endforeach()
  add_custom_target(${name}-kernel ALL DEPENDS ${objects})
endfunction()
