# SPDX-License-Identifier: Apache-2.0
# A C++ project outside libhal's tree, with its own kernel. BY is find_package or add_subdirectory.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(folder "${WORK}/application-${BY}")
set(build "${folder}/build")
if(BY STREQUAL "add_subdirectory")
  # This folder is as deep below the source tree as the main build, so that the compiler cache already has libhal's files.
  set(build "${BUILD}-package")
endif()
file(REMOVE_RECURSE "${folder}" "${build}")
file(COPY "${SOURCE}/tests/package/application/" "${SOURCE}/examples/cpp_quickstart/main.cpp"
          "${SOURCE}/examples/cpp_quickstart/kernels" DESTINATION "${folder}")
if(BY STREQUAL "find_package")
  set(where "-DCMAKE_PREFIX_PATH=${PREFIX}")
else()
  set(where "-DLIBHAL_SOURCE=${SOURCE}" -DHAL_WERROR=ON -DHAL_FAST_BUILD=ON
            "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG")
endif()
run(${configure} -S "${folder}" -B "${build}" ${where})
# Builds only the program. With add_subdirectory, this must also build libhal's plugins and device program.
run("${CMAKE_COMMAND}" --build "${build}" --parallel 2 --target application)
foreach(backend IN ITEMS a2a3-sim a5-sim)
  set(ENV{HAL_BACKEND} "${backend}")
  run("${build}/application" "${build}/kernels/${backend}/vector_add.so")
  expect("sum.0. = 42, sum.999. = 42")
endforeach()
file(REMOVE_RECURSE "${build}")
