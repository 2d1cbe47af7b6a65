# SPDX-License-Identifier: Apache-2.0
# The C++ quick start, compiled with only `pkg-config halhost`, starts and reports that no backend is selected.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
run("${PKG_CONFIG}" --cflags --libs halhost)
separate_arguments(flags UNIX_COMMAND "${output}")
set(program "${WORK}/host_application")
run("${CXX}" -std=c++20 "${SOURCE}/examples/cpp_quickstart/main.cpp" ${flags} "-Wl,-rpath,${PREFIX}/${LIBDIR}" -o "${program}")
execute_process(COMMAND "${program}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
expect("HAL_BACKEND.*a2a3-sim, a5-sim|a2a3-sim.*a5-sim")
if(NOT status EQUAL 1)
  message(FATAL_ERROR "status ${status}, not 1\n${output}")
endif()
