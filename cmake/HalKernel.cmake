# SPDX-License-Identifier: Apache-2.0
# hal_add_kernel(NAME SOURCES … BACKENDS a2a3-sim a5-sim [ENGINE aic|aiv|aicpu] [DEFINITIONS …])
#   Compiles one kernel object per simulator backend, <dir>/<backend>/<NAME>.so, with the kernel compiler, and makes a target
#   <NAME>-kernel that all of them belong to. HAL_KERNEL_DIR is <dir>, where a program finds them.
#   Kernels have a compiler of their own (HAL_KERNEL_CXX), since tile-library kernels want a newer one than libhal does.
# The same file serves libhal's own tree, add_subdirectory, and find_package(hal).
set(HAL_KERNEL_DIR "${CMAKE_BINARY_DIR}/kernels" CACHE PATH "Where kernel objects are built: <dir>/<backend>/<name>.so")

if(NOT HAL_KERNEL_CXX)
  if(HAL_SANITIZE)
    set(HAL_KERNEL_CXX_FOUND "${CMAKE_CXX_COMPILER}") # a kernel shares the sanitizer's runtime with the device process
  else()
    find_program(HAL_KERNEL_CXX_FOUND NAMES clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++ g++
                 NO_CACHE)
  endif()
  set(HAL_KERNEL_CXX "${HAL_KERNEL_CXX_FOUND}" CACHE FILEPATH "Compiler of kernel objects for the simulators")
  unset(HAL_KERNEL_CXX_FOUND)
endif()

function(hal_add_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ENGINE" "SOURCES;BACKENDS;DEFINITIONS")
  if(NOT arg_SOURCES OR NOT arg_BACKENDS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hal_add_kernel(${name}): SOURCES and BACKENDS are needed, unknown: \"${arg_UNPARSED_ARGUMENTS}\". "
                        "hal_add_kernel(NAME SOURCES … BACKENDS … [ENGINE aic|aiv|aicpu] [DEFINITIONS …])")
  endif()
  if(NOT HAL_KERNEL_CXX)
    message(FATAL_ERROR "hal_add_kernel(${name}): no compiler for kernels. Install clang++ or g++, or set HAL_KERNEL_CXX")
  endif()
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  if(arg_ENGINE)
    list(APPEND arg_DEFINITIONS "HAL_KERNEL_ENGINE=\"${arg_ENGINE}\"")
  endif()
  list(TRANSFORM arg_DEFINITIONS PREPEND "-D")
  set(include "$<JOIN:$<TARGET_PROPERTY:hal::kernel_headers,INTERFACE_INCLUDE_DIRECTORIES>,;-I>")
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
