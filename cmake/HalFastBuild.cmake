# SPDX-License-Identifier: Apache-2.0
# What makes a build of this tree cheap. None of it changes what a source file means: with HAL_FAST_BUILD=OFF, every file is
# compiled alone and must include what it uses. The preset "clang" builds that way.
option(HAL_FAST_BUILD "Use precompiled headers, and compile some sources together" ${PROJECT_IS_TOP_LEVEL})
set(HAL_TEST_FLAGS -O0 -g1 CACHE STRING "Compiler options of test programs, after the options of the build type")

# No header of libhal is precompiled: a change of hal.h must not compile the standard library again.
set(HAL_STD_HEADERS
    <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstdio> <cstdlib> <cstring> <filesystem> <fstream>
    <functional> <iterator> <map> <memory> <mutex> <optional> <set> <sstream> <span> <string> <string_view> <thread>
    <unordered_map> <utility> <vector>)

# hal_add_precompiled(NAME -fPIC|-fPIE HEADER…): precompiles the headers for hal_precompiled(TARGET NAME). Libraries need -fPIC,
# programs -fPIE: g++ uses precompiled headers only with the option that they were compiled with.
function(hal_add_precompiled name position)
  if(NOT HAL_FAST_BUILD)
    return()
  endif()
  add_library(${name} OBJECT "${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp")
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE ${position})
  target_link_libraries(${name} PRIVATE hal_flags)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

function(hal_precompiled target name)
  if(HAL_FAST_BUILD)
    target_precompile_headers(${target} REUSE_FROM ${name})
    # -fpch-preprocess: for ccache, as its manual requires. The warnings: g++ 12 gives them for std::string (GCC bug 105329), and
    # does not recognise the system headers in a precompiled header, for which it would suppress them.
    target_compile_options(
      ${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess;-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread>)
  endif()
endfunction()

# hal_together(TARGET): its sources are compiled as one.
function(hal_together target)
  if(HAL_FAST_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  endif()
endfunction()

# hal_test_program(TARGET): a program that uses GoogleTest, or an object library of such a program.
function(hal_test_program target)
  target_compile_options(${target} PRIVATE ${HAL_TEST_FLAGS})
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL EXECUTABLE)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIE)
  endif()
  hal_precompiled(${target} hal_tests_precompiled)
endfunction()
