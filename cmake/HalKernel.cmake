# SPDX-License-Identifier: Apache-2.0
# hal_add_kernel(NAME SOURCES … BACKENDS a2a3-sim a5-sim [ENGINE aic|aiv|aicpu] [DEFINITIONS …])
#   Compiles one kernel object per backend and makes a target <NAME>-kernel that all of them belong to: <dir>/<backend>/<NAME>.so
#   with the kernel compiler for a simulator, <dir>/<backend>/<NAME>.o with the vendor's for a2a3-onboard and a5-onboard.
#   HAL_KERNEL_DIR is <dir>, where a program finds them. The vendor's compiler is looked for in PATH, ASCEND_HOME_PATH and
#   ASCEND_TOOLKIT_HOME (HAL_CCE_COMPILER names it by hand); without it, onboard backends are left out with a message.
#   Kernels have a compiler of their own (HAL_KERNEL_CXX), since tile-library kernels want a newer one than libhal does.
# The same file serves libhal's own tree, add_subdirectory, and find_package(hal).
set(HAL_KERNEL_DIR "${CMAKE_BINARY_DIR}/kernels" CACHE PATH "Where kernel objects are built: <dir>/<backend>/<name>.so")

# What kernels of the simulators, and those of cards, are compiled with; npuhal.run compiles with the same.
set(HAL_KERNEL_CXX_NAMES clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++ g++ CACHE INTERNAL "")
set(HAL_KERNEL_FLAGS -std=c++20 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -D__CPU_SIM CACHE INTERNAL "")
set(HAL_KERNEL_CCE_FLAGS -x cce --cce-aicore-only -std=c++17 -O2 -Wall CACHE INTERNAL "")

if(NOT HAL_KERNEL_CXX)
  if(HAL_SANITIZE)
    set(HAL_KERNEL_CXX_FOUND "${CMAKE_CXX_COMPILER}") # a kernel shares the sanitizer's runtime with the device process
  else()
    find_program(HAL_KERNEL_CXX_FOUND NAMES ${HAL_KERNEL_CXX_NAMES} NO_CACHE)
  endif()
  set(HAL_KERNEL_CXX "${HAL_KERNEL_CXX_FOUND}" CACHE FILEPATH "Compiler of kernel objects for the simulators")
  unset(HAL_KERNEL_CXX_FOUND)
endif()

# g++ makes objects with inline variables stay loaded for ever (STB_GNU_UNIQUE); a device that ends must let go of its own.
# clang++ does neither that nor take the option. Asked each time, since HAL_KERNEL_CXX may be another one now.
set(HAL_KERNEL_CXX_UNLOADABLE "" CACHE INTERNAL "")
if(HAL_KERNEL_CXX)
  execute_process(COMMAND "${HAL_KERNEL_CXX}" -fno-gnu-unique -x c++ -fsyntax-only /dev/null
                  RESULT_VARIABLE HAL_KERNEL_CXX_REFUSES OUTPUT_QUIET ERROR_QUIET)
  if(HAL_KERNEL_CXX_REFUSES EQUAL 0)
    set(HAL_KERNEL_CXX_UNLOADABLE -fno-gnu-unique CACHE INTERNAL "")
  endif()
  unset(HAL_KERNEL_CXX_REFUSES)
endif()

if(NOT HAL_CCE_COMPILER)
  find_program(
    HAL_CCE_COMPILER NAMES bisheng ccec
    HINTS "$ENV{ASCEND_HOME_PATH}" "$ENV{ASCEND_TOOLKIT_HOME}"
    PATH_SUFFIXES bin compiler/ccec_compiler/bin ccec_compiler/bin tools/ccec_compiler/bin
    DOC "The vendor's compiler of kernel objects for the onboard backends")
endif()

# The vendor compiler's architecture of each chip: CHIP=ARCHITECTURE. npuhal.run reads the same list.
set(HAL_CCE_ARCHITECTURES a2a3=dav-c220 a5=dav-c310 CACHE INTERNAL "")

# hal_cce_arch(BACKEND ENGINE out): what the vendor's compiler calls the cores that run this engine's kernels.
function(hal_cce_arch backend engine out)
  set(unit vec)
  if(engine STREQUAL "aic")
    set(unit cube)
  endif()
  string(REGEX REPLACE "-onboard$" "" chip "${backend}")
  foreach(pair IN LISTS HAL_CCE_ARCHITECTURES)
    if(pair MATCHES "^${chip}=(.*)$")
      set(${out} "${CMAKE_MATCH_1}-${unit}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  list(TRANSFORM HAL_CCE_ARCHITECTURES REPLACE "=.*" "-onboard" OUTPUT_VARIABLE known)
  list(JOIN known ", " known)
  message(FATAL_ERROR "hal_add_kernel: \"${backend}\" is not a backend that the vendor's compiler has an architecture for. Use one of "
                      "${known}, or add the chip to HAL_CCE_ARCHITECTURES.")
endfunction()

function(hal_add_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ENGINE" "SOURCES;BACKENDS;DEFINITIONS")
  if(NOT arg_SOURCES OR NOT arg_BACKENDS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hal_add_kernel(${name}): SOURCES and BACKENDS are needed, unknown: \"${arg_UNPARSED_ARGUMENTS}\". "
                        "hal_add_kernel(NAME SOURCES … BACKENDS … [ENGINE aic|aiv|aicpu] [DEFINITIONS …])")
  endif()
  set(onboard ${arg_BACKENDS})
  list(FILTER onboard INCLUDE REGEX "-onboard$")
  foreach(backend IN LISTS onboard)
    hal_cce_arch(${backend} "${arg_ENGINE}" arch) # an unknown chip is an error without the compiler too
  endforeach()
  if(onboard AND NOT HAL_CCE_COMPILER)
    message(STATUS "hal_add_kernel(${name}): left out for ${onboard}: the vendor's compiler (bisheng or ccec) was not found; "
                   "source the toolkit's set_env.sh before configuring, or set HAL_CCE_COMPILER")
    list(REMOVE_ITEM arg_BACKENDS ${onboard})
  endif()
  if(onboard AND HAL_CCE_COMPILER AND arg_ENGINE STREQUAL "aicpu")
    message(STATUS "hal_add_kernel(${name}): left out for ${onboard}: kernels for aicpu cannot be compiled for them")
    list(REMOVE_ITEM arg_BACKENDS ${onboard})
  endif()
  if(NOT arg_BACKENDS)
    add_custom_target(${name}-kernel ALL)
    return()
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
    file(MAKE_DIRECTORY "${HAL_KERNEL_DIR}/${backend}")
    if(backend MATCHES "-onboard$")
      list(LENGTH arg_SOURCES source_count)
      if(NOT source_count EQUAL 1)
        message(FATAL_ERROR "hal_add_kernel(${name}): ${backend} takes one source, not ${source_count}")
      endif()
      hal_cce_arch(${backend} "${arg_ENGINE}" arch)
      set(object "${HAL_KERNEL_DIR}/${backend}/${name}.o")
      add_custom_command(
        OUTPUT "${object}"
        COMMAND "${HAL_CCE_COMPILER}" ${HAL_KERNEL_CCE_FLAGS} --cce-aicore-arch=${arch} "-DHAL_KERNEL_BACKEND=\"${backend}\"" ${arg_DEFINITIONS} "-I${include}" -c -o "${object}" ${arg_SOURCES}
        DEPENDS ${arg_SOURCES}
        COMMENT "Kernel ${name} for ${backend}"
        VERBATIM COMMAND_EXPAND_LISTS)
      list(APPEND objects "${object}")
      continue()
    endif()
    set(object "${HAL_KERNEL_DIR}/${backend}/${name}.so")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${HAL_KERNEL_CXX}" ${HAL_KERNEL_FLAGS} ${HAL_KERNEL_CXX_UNLOADABLE}
              "-DHAL_KERNEL_BACKEND=\"${backend}\"" ${arg_DEFINITIONS} ${HAL_SANITIZE_FLAGS} "-I${include}"
              -MD -MF "${object}.d" -o "${object}" ${arg_SOURCES}
      DEPENDS ${arg_SOURCES}
      DEPFILE "${object}.d"
      COMMENT "Kernel ${name} for ${backend}"
      VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND objects "${object}")
  endforeach()
  add_custom_target(${name}-kernel ALL DEPENDS ${objects})
endfunction()
