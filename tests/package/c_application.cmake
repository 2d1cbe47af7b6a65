# SPDX-License-Identifier: Apache-2.0
# Builds the README's C program with only a compiler and `pkg-config hal`, and runs it.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
run("${PKG_CONFIG}" --define-prefix --variable=plugindir hal)
string(STRIP "${output}" plugins)
file(REAL_PATH "${plugins}" plugins)
if(NOT plugins STREQUAL PLUGINS)
  message(FATAL_ERROR "hal.pc gives plugindir ${plugins}, not ${PLUGINS}")
endif()
run("${PKG_CONFIG}" --cflags --libs hal)
separate_arguments(flags UNIX_COMMAND "${output}")
set(program "${WORK}/c_application")
run("${CC}" -std=c11 -Wall -Wextra -Wpedantic -Werror "${SOURCE}/examples/c_share_mem/main.c" ${flags}
    "-Wl,-rpath,${PREFIX}/${LIBDIR}" -o "${program}")
set(ENV{HAL_BACKEND} a2a3-sim)
run("${program}")
expect("65536 bytes: host 0x[0-9a-f]+, device 0x[0-9a-f]+")
