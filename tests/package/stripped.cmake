# SPDX-License-Identifier: Apache-2.0
# Installed files have no debug information, but all names of functions, because reports of kernel faults and leaks use them.
# The component "debug" has the debug information.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

# names(file out): the defined symbols of its symbol table.
function(names file out)
  run("${NM}" --defined-only "${file}")
  string(REGEX REPLACE "(^|\n)[0-9a-f]+ " "\\1" output "${output}")
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

set(bytes 0)
file(GLOB_RECURSE files LIST_DIRECTORIES false "${PREFIX}/*")
foreach(file IN LISTS files)
  if(NOT IS_SYMLINK "${file}")
    file(SIZE "${file}" size)
    math(EXPR bytes "${bytes} + ${size}")
  endif()
endforeach()
if(bytes GREATER 20000000)
  message(FATAL_ERROR "${bytes} bytes are installed, more than 20,000,000")
endif()

# Installs the debug information of all files into a separate tree.
set(debug "${WORK}/debug")
file(REMOVE_RECURSE "${debug}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${debug}" --component debug)
file(GLOB_RECURSE debug_files RELATIVE "${debug}" "${debug}/*.debug")
list(LENGTH debug_files count)
if(count LESS 9)
  message(FATAL_ERROR "${count} files of debug information are installed, fewer than 9: ${debug_files}")
endif()
foreach(file IN LISTS debug_files)
  run("${READELF}" -W -S "${debug}/${file}")
  expect(" [.]debug_info ")
  string(REGEX REPLACE "[.]debug/(.*)[.]debug$" "\\1" installed "${file}")
  run("${READELF}" -W -S "${PREFIX}/${installed}")
  expect(" [.]gnu_debuglink ")
  if(output MATCHES " [.]debug_info ")
    message(FATAL_ERROR "${installed} has debug information")
  endif()
  # The build tree has the same folders as the installed one.
  if(EXISTS "${BUILD}/${installed}")
    names("${PREFIX}/${installed}" stripped)
    names("${BUILD}/${installed}" built)
    if(NOT stripped STREQUAL built)
      message(FATAL_ERROR "the symbol table of ${installed} is not that of the build")
    endif()
  endif()
endforeach()

# A debugger finds the debug information next to the file.
find_program(GDB gdb)
if(GDB)
  file(COPY "${PREFIX}/${LIBDIR}/" DESTINATION "${debug}/${LIBDIR}" FILES_MATCHING PATTERN "libhal.so.*")
  file(GLOB library "${debug}/${LIBDIR}/libhal.so.*.*.*")
  run("${GDB}" -batch -nx -ex "info line hal_shutdown" "${library}")
  expect("Line [0-9]+ of ")
endif()

# A kernel fault names the function that crashed; the suite, libhal and the plugin are the installed ones.
foreach(backend IN ITEMS a2a3-sim a5-sim)
  set(ENV{HAL_BACKEND} "${backend}")
  run("${PREFIX}/libexec/hal/hal-conformance" --require-backend "--kernels=${BUILD}/kernels" "--gtest_filter=Fault.IsReportedWith*")
  expect("  PASSED  .*1 test")
endforeach()
