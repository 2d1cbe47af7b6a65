# SPDX-License-Identifier: Apache-2.0
# hal_add_standin_kernel(NAME SOURCES … BACKENDS a2a3-onboard a5-onboard [ENGINE aic|aiv] [DEFINITIONS …] [FUNCTIONS …])
#   Builds STANDIN_KERNEL_DIR/<backend>/<NAME>.o, as hal_add_kernel does with the vendor's compiler. Only the stand-in accepts
#   this object. It is a host shared object in which hal/kernel.h uses its vendor branch (include/vendor_kernel.h).
#   NO_NOTE: without libhal's note, like an object that was not built with libhal.
#   FUNCTIONS: plain functions with parameters other than 64-bit integers (STANDIN_PARAMETERS). Then there must be one source.
#   Target: <NAME>-standin-kernel.
set(STANDIN_KERNEL_DIR "${STANDIN_ROOT}/kernels" CACHE INTERNAL "")
set(STANDIN_KERNEL_INCLUDE "${CMAKE_CURRENT_LIST_DIR}/include" CACHE INTERNAL "")
function(hal_add_standin_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_NOTE" "ENGINE" "SOURCES;BACKENDS;DEFINITIONS;FUNCTIONS")
  if(NOT arg_SOURCES OR NOT arg_BACKENDS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hal_add_standin_kernel(${name}): SOURCES and BACKENDS are required; unknown arguments: \"${arg_UNPARSED_ARGUMENTS}\"")
  endif()
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  set(sources ${arg_SOURCES})
  if(arg_FUNCTIONS)
    set(text "#include \"${arg_SOURCES}\"\n")
    foreach(function IN LISTS arg_FUNCTIONS)
      string(APPEND text "STANDIN_PARAMETERS(${function})\n")
    endforeach()
    set(sources "${CMAKE_CURRENT_BINARY_DIR}/${name}.standin.cpp")
    file(CONFIGURE OUTPUT "${sources}" CONTENT "${text}" @ONLY)
  endif()
  if(arg_ENGINE)
    list(APPEND arg_DEFINITIONS "HAL_KERNEL_ENGINE=\"${arg_ENGINE}\"")
  endif()
  list(TRANSFORM arg_DEFINITIONS PREPEND "-D")
  set(include "$<JOIN:$<TARGET_PROPERTY:hal::kernel_headers,INTERFACE_INCLUDE_DIRECTORIES>,;-I>")
  set(objects)
  foreach(backend IN LISTS arg_BACKENDS)
    string(REGEX REPLACE "-onboard$" "" chip "${backend}")
    set(note "-DHAL_KERNEL_BACKEND=\"${backend}\"")
    if(arg_NO_NOTE)
      set(note)
    endif()
    file(MAKE_DIRECTORY "${STANDIN_KERNEL_DIR}/${backend}")
    set(object "${STANDIN_KERNEL_DIR}/${backend}/${name}.o")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${HAL_KERNEL_CXX}" -std=c++17 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra
              "-DSTANDIN_CHIP=\"${chip}\"" ${note} ${arg_DEFINITIONS} ${HAL_SANITIZE_FLAGS} "-I${include}"
              -include "${STANDIN_KERNEL_INCLUDE}/vendor_kernel.h" -MD -MF "${object}.d" -o "${object}" ${sources}
      DEPENDS ${arg_SOURCES} ${sources} "${STANDIN_KERNEL_INCLUDE}/vendor_kernel.h"
      DEPFILE "${object}.d"
      COMMENT "Kernel ${name} for ${backend} over the stand-in"
      VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND objects "${object}")
  endforeach()
  add_custom_target(${name}-standin-kernel ALL DEPENDS ${objects})
endfunction()
