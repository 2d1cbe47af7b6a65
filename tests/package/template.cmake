# SPDX-License-Identifier: Apache-2.0
# Follows the template's README: copy, replace three spellings, build, load with HAL_PLUGIN_PATH.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(folder "${WORK}/mychip")
file(REMOVE_RECURSE "${folder}")
file(COPY "${PREFIX}/share/hal/template/" DESTINATION "${folder}")
file(READ "${folder}/README.md" readme)
set(replace [[sed -i -e 's/\bnull\b/mychip/g' -e 's/\bNULL\b/MYCHIP/g' -e 's/\bNull\b/MyChip/g' CMakeLists.txt plugin.cpp]])
string(FIND "${readme}" "${replace}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "the template's README no longer has the line that this test runs: ${replace}")
endif()
file(WRITE "${WORK}/replace.sh" "cd '${folder}' && ${replace}\n")
run(sh "${WORK}/replace.sh")
run(${configure} -S "${folder}" -B "${folder}/build" "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
run("${CMAKE_COMMAND}" --build "${folder}/build")

set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
run("${PKG_CONFIG}" --cflags --libs hal)
separate_arguments(flags UNIX_COMMAND "${output}")
set(program "${WORK}/describe")
run("${CC}" -std=c11 -Wall -Wextra -Wpedantic -Werror "${SOURCE}/tests/package/describe.c" ${flags}
    "-Wl,-rpath,${PREFIX}/${LIBDIR}" -o "${program}")

set(ENV{HAL_PLUGIN_PATH} "${folder}/build/hal/plugins-0")
set(ENV{HAL_MYCHIP_DEVICES} 3)
set(ENV{HAL_BACKEND} mychip:2)
run("${program}")
expect("backend mychip, kind sim, arch none, version 0.1.0, build GNU [0-9.]+, file ${folder}/build/hal/plugins-0/libhal-mychip.so")
expect("device 2 of 3: MyChip device")
expect("pinned: 4096 bytes written and read")
expect("device memory: UNSUPPORTED")

# The installed conformance suite passes: each operation works, or the plugin reports it as UNSUPPORTED.
run("${PREFIX}/libexec/hal/hal-conformance" --require-backend)
expect("not on mychip: DEVICE memory is UNSUPPORTED")
expect("  PASSED  ")

# The plugin can be installed, and is then found next to libhal. Other tests use the tree, so this test uses a copy.
set(copy "${WORK}/copy")
file(REMOVE_RECURSE "${copy}")
file(COPY "${PREFIX}/" DESTINATION "${copy}")
unset(ENV{HAL_PLUGIN_PATH})
set(ENV{LD_LIBRARY_PATH} "${copy}/${LIBDIR}")
run("${CMAKE_COMMAND}" --install "${folder}/build" --prefix "${copy}")
run("${program}")
expect("file ${copy}/[^ ]*/hal/plugins-0/libhal-mychip.so")
