# SPDX-License-Identifier: Apache-2.0
# What is installed beside the libraries, plugins and headers: the CMake package, the pkg-config files, and the template of
# a plugin. Nothing in them names the prefix, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

set(HAL_CMAKE_INSTALL_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/hal")
set(HAL_PC_INSTALL_DIR "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
set(HAL_PLUGIN_INSTALL_DIR "${CMAKE_INSTALL_LIBDIR}/${HAL_PLUGIN_SUBDIR}")

install(EXPORT hal-targets FILE halTargets.cmake NAMESPACE hal:: DESTINATION "${HAL_CMAKE_INSTALL_DIR}")
configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/halConfig.cmake.in" "${PROJECT_BINARY_DIR}/package/halConfig.cmake"
  INSTALL_DESTINATION "${HAL_CMAKE_INSTALL_DIR}" PATH_VARS HAL_PLUGIN_INSTALL_DIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/halConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/halConfig.cmake" "${PROJECT_BINARY_DIR}/package/halConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/HalPlugin.cmake" "${CMAKE_CURRENT_LIST_DIR}/HalKernel.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/plugin.map" "${CMAKE_CURRENT_LIST_DIR}/plugin_note.c.in"
        DESTINATION "${HAL_CMAKE_INSTALL_DIR}")

# The way from the pkg-config files up to the prefix.
file(RELATIVE_PATH HAL_PC_PREFIX "/prefix/${HAL_PC_INSTALL_DIR}" "/prefix")
string(REGEX REPLACE "/$" "" HAL_PC_PREFIX "${HAL_PC_PREFIX}")
foreach(name IN ITEMS hal halhost)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in" "${PROJECT_BINARY_DIR}/package/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/${name}.pc" DESTINATION "${HAL_PC_INSTALL_DIR}")
endforeach()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/plugins/null/" DESTINATION "${CMAKE_INSTALL_DATADIR}/hal/template")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.md")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples/" DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples")
# Last: the rules run in the order of the project, and a file is stripped after it is installed.
hal_install_debug_information()
