# SPDX-License-Identifier: Apache-2.0
# Compiles the kernel of docs/kernel-author.md without CMake, with the command of that page, word for word. The object then runs
# on the simulator that the command names.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

# first_block(language out): the document's first block of code in that language.
function(first_block language out)
  file(READ "${SOURCE}/docs/kernel-author.md" document)
  string(FIND "${document}" "```${language}\n" begin)
  if(begin EQUAL -1)
    message(FATAL_ERROR "docs/kernel-author.md has no block of ${language}")
  endif()
  string(LENGTH "```${language}\n" fence)
  math(EXPR begin "${begin} + ${fence}")
  string(SUBSTRING "${document}" ${begin} -1 document)
  string(FIND "${document}" "```" end)
  string(SUBSTRING "${document}" 0 ${end} document)
  set(${out} "${document}" PARENT_SCOPE)
endfunction()

set(folder "${WORK}/kernel_line")
file(REMOVE_RECURSE "${folder}")
file(MAKE_DIRECTORY "${folder}")
first_block(cpp kernel)
first_block(sh command)
file(WRITE "${folder}/add_one.cpp" "${kernel}")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
execute_process(COMMAND sh -e -c "${command}" WORKING_DIRECTORY "${folder}" COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
set(ENV{HAL_BACKEND} a2a3-sim)
set(ENV{HAL_PLUGIN_PATH} "${PLUGINS}")
run("${RUNNER}" "${folder}/add_one.so")
expect("first 1, last 1024")
