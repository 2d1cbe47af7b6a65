# SPDX-License-Identifier: Apache-2.0
# Every installed header compiles alone and without a warning, in each of its languages. Headers for C++20 refuse an older
# standard in one sentence.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(flags "-I${PREFIX}/include" -Wall -Wextra -Wpedantic -Werror -fsyntax-only)
file(GLOB_RECURSE headers RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
set(expected hal/chip_worker.hpp hal/detail/arguments.hpp hal/detail/error.hpp hal/hal.h hal/hal.hpp hal/hal_plugin.h
             hal/hal_plugin.hpp hal/kernel.h hal/names.h hal/share_mem.h hal/worker_arguments.hpp)
list(SORT headers)
if(NOT headers STREQUAL expected)
  message(FATAL_ERROR "installed headers: ${headers}\nexpected: ${expected}")
endif()

# compile(header compiler standard)
function(compile header compiler standard)
  set(language c++)
  if(standard MATCHES "^c[0-9]")
    set(language c)
  endif()
  set(source "${WORK}/alone.${language}")
  file(WRITE "${source}" "#include <${header}>\n#include <${header}>\n")
  run("${compiler}" -x ${language} -std=${standard} ${flags} "${source}")
endfunction()

# refuse(header compiler): the first error in C++17 is the header's own sentence.
function(refuse header compiler)
  file(WRITE "${WORK}/alone.c++" "#include <${header}>\n")
  execute_process(COMMAND "${compiler}" -x c++ -std=c++17 ${flags} "${WORK}/alone.c++" RESULT_VARIABLE status ERROR_VARIABLE errors)
  string(REGEX MATCH "error: [^\n]*" first "${errors}")
  if(status EQUAL 0 OR NOT first MATCHES "Compile ${header} as C\\+\\+20 or later, for example with -std=c\\+\\+20\\.")
    message(FATAL_ERROR "${header} as C++17: status ${status}, first \"${first}\" in:\n${errors}")
  endif()
endfunction()

foreach(header IN LISTS headers)
  set(standards c++20)
  if(header MATCHES "^hal/(hal|hal_plugin|names|share_mem)\\.h$")
    set(standards c11 c++17 c++20)
  elseif(header STREQUAL "hal/kernel.h")
    set(standards c++17 c++20)
  endif()
  foreach(standard IN LISTS standards)
    compile("${header}" "${CXX}" ${standard})
  endforeach()
endforeach()

foreach(header IN ITEMS hal/chip_worker.hpp hal/hal.hpp hal/hal_plugin.hpp hal/worker_arguments.hpp)
  refuse("${header}" "${CXX}")
endforeach()
