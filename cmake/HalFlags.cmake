# SPDX-License-Identifier: Apache-2.0
# hal_flags: what every target of this project is compiled with.
option(HAL_WERROR "Treat warnings as errors" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

include(CheckPIESupported)
check_pie_supported()
find_package(Threads REQUIRED)
find_program(HAL_CCACHE ccache)
mark_as_advanced(HAL_CCACHE)
if(HAL_CCACHE AND PROJECT_IS_TOP_LEVEL)
  # ccache's manual requires this setting for precompiled headers.
  set(HAL_CCACHE_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros "${HAL_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${HAL_CCACHE_LAUNCHER}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${HAL_CCACHE_LAUNCHER}")
endif()

include(HalFastBuild)

# Cached, for hal_add_kernel in a project that has libhal as a subdirectory.
set(HAL_SANITIZE_FLAGS "" CACHE INTERNAL "")
if(HAL_SANITIZE)
  set(HAL_SANITIZE_FLAGS -fsanitize=${HAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer CACHE INTERNAL "")
endif()

add_library(hal_flags INTERFACE)
target_compile_options(hal_flags INTERFACE -Wall -Wextra $<$<BOOL:${HAL_WERROR}>:-Werror>
                                           $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers> ${HAL_SANITIZE_FLAGS})
target_link_options(hal_flags INTERFACE ${HAL_SANITIZE_FLAGS} -Wl,-z,relro -Wl,-z,now)
target_link_libraries(hal_flags INTERFACE Threads::Threads)
# hal_uses_regex(SOURCE...): under a sanitizer g++ 12 takes the insides of <regex> for uninitialised (GCC bug 105562).
function(hal_uses_regex)
  if(HAL_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -Wno-maybe-uninitialized)
  endif()
endfunction()

if(HAL_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "HAL_FUZZ needs clang++ for libFuzzer, the compiler is ${CMAKE_CXX_COMPILER_ID}: cmake --preset fuzz")
  endif()
  if(HAL_BUILD_TESTS)
    message(FATAL_ERROR "HAL_FUZZ and HAL_BUILD_TESTS exclude each other: both build tests/fuzz. cmake --preset fuzz")
  endif()
  target_compile_options(hal_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(NOT HAL_SANITIZE)
  target_compile_options(hal_flags INTERFACE -fstack-protector-strong)
  # Not for what is loaded by a program that has the missing symbols, such as a Python module.
  target_link_options(hal_flags INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:HAL_SYMBOLS_OF_LOADER>>>:-Wl,-z,defs>)
endif()
