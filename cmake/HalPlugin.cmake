# SPDX-License-Identifier: Apache-2.0
# hal_add_plugin(NAME a2a3-sim ARCH a2a3 KIND sim SOURCES … [LIBRARIES …] [NO_INSTALL])
#   Builds libhal-<NAME>.so into <libdir>/hal/plugins-0: one exported symbol, an ELF note, never unloaded. NO_INSTALL: a
#   test's plugin.
set(HAL_PLUGIN_SUBDIR "hal/plugins-0")
set(HAL_PLUGIN_MODULE_DIR "${CMAKE_CURRENT_LIST_DIR}")

function(hal_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 arg "NO_INSTALL" "NAME;ARCH;KIND" "SOURCES;LIBRARIES")
  set(target "hal-plugin-${arg_NAME}")
  if(HAL_SANITIZE)
    set(sanitizer "${HAL_SANITIZE}")
  else()
    set(sanitizer "none")
  endif()
  set(HAL_NOTE_BACKEND "${arg_NAME}")
  set(HAL_NOTE_ARCH "${arg_ARCH}")
  set(HAL_NOTE_KIND "${arg_KIND}")
  set(HAL_NOTE_VERSION "${PROJECT_VERSION}")
  set(HAL_NOTE_COMPILER "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  set(HAL_NOTE_SANITIZER "${sanitizer}")
  configure_file("${HAL_PLUGIN_MODULE_DIR}/plugin_note.c.in" "${CMAKE_CURRENT_BINARY_DIR}/${target}-note.c" @ONLY)

  add_library(${target} MODULE ${arg_SOURCES} "${CMAKE_CURRENT_BINARY_DIR}/${target}-note.c")
  set_target_properties(
    ${target}
    PROPERTIES PREFIX "" OUTPUT_NAME "libhal-${arg_NAME}" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS "${HAL_PLUGIN_MODULE_DIR}/plugin.map"
               LIBRARY_OUTPUT_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${HAL_PLUGIN_SUBDIR}")
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:$<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>>)
  target_link_options(${target} PRIVATE -Wl,-z,now -Wl,-z,relro -Wl,-z,nodelete
                      "-Wl,--version-script=${HAL_PLUGIN_MODULE_DIR}/plugin.map")
  if(NOT HAL_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  target_link_libraries(${target} PRIVATE hal::plugin_headers ${arg_LIBRARIES})
  if(NOT arg_NO_INSTALL)
    install(TARGETS ${target} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/${HAL_PLUGIN_SUBDIR}")
  endif()
endfunction()
