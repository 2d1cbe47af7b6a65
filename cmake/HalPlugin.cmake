# SPDX-License-Identifier: Apache-2.0
# hal_add_plugin(NAME a2a3-sim ARCH a2a3 [CHIPS a2 a3 …] KIND sim|onboard SOURCES … [LIBRARIES …] [NO_INSTALL])
#   Builds libhal-<NAME>.so as target hal-plugin-<NAME>: one exported symbol (P1), an ELF note (P2), never unloaded. It goes
#   to hal/plugins-0 below CMAKE_LIBRARY_OUTPUT_DIRECTORY, else below the project's binary directory; HAL_PLUGIN_PATH is for
#   that directory. It is installed to <libdir>/hal/plugins-0, but not with NO_INSTALL or HAL_PLUGIN_NO_INSTALL.
#   CHIPS are other names of the chips that the backend runs. libhal answers an unknown backend "a3-sim" with this one.
#   SOURCES see HAL_PLUGIN_VERSION and HAL_PLUGIN_BUILD, texts for the entry function.
# The same file serves libhal's own tree, add_subdirectory, and find_package(hal).
set(HAL_PLUGIN_SUBDIR "hal/plugins-0")

function(hal_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 arg "NO_INSTALL" "NAME;ARCH;KIND" "CHIPS;SOURCES;LIBRARIES")
  foreach(needed IN ITEMS NAME ARCH KIND SOURCES)
    if(NOT arg_${needed})
      message(FATAL_ERROR "hal_add_plugin: ${needed} is missing. hal_add_plugin(NAME … ARCH … KIND sim|onboard SOURCES …)")
    endif()
  endforeach()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hal_add_plugin(NAME ${arg_NAME}): unknown argument: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_KIND MATCHES "^(sim|onboard)$")
    message(FATAL_ERROR "hal_add_plugin(NAME ${arg_NAME}): KIND is \"${arg_KIND}\"; use onboard for a backend that drives "
                        "hardware, and sim for any other")
  endif()
  if(NOT DEFINED CMAKE_INSTALL_LIBDIR)
    include(GNUInstallDirs)
  endif()
  set(subdir "hal/plugins-0")
  set(files "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  set(target "hal-plugin-${arg_NAME}")
  set(HAL_NOTE_BACKEND "${arg_NAME}")
  set(HAL_NOTE_ARCH "${arg_ARCH}")
  set(HAL_NOTE_KIND "${arg_KIND}")
  list(JOIN arg_CHIPS "," HAL_NOTE_CHIPS)
  set(HAL_NOTE_VERSION "${PROJECT_VERSION}")
  set(HAL_NOTE_COMPILER "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  set(HAL_NOTE_SANITIZER "none")
  if(HAL_SANITIZE)
    set(HAL_NOTE_SANITIZER "${HAL_SANITIZE}")
  endif()
  configure_file("${files}/plugin_note.c.in" "${CMAKE_CURRENT_BINARY_DIR}/${target}-note.c" @ONLY)

  set(output "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
  if(NOT output)
    set(output "${PROJECT_BINARY_DIR}")
  endif()
  add_library(${target} MODULE ${arg_SOURCES} "${CMAKE_CURRENT_BINARY_DIR}/${target}-note.c")
  set_target_properties(
    ${target}
    PROPERTIES PREFIX "" OUTPUT_NAME "libhal-${arg_NAME}" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON LINK_DEPENDS "${files}/plugin.map"
               LIBRARY_OUTPUT_DIRECTORY "${output}/${subdir}")
  target_compile_features(${target} PRIVATE c_std_11 cxx_std_20)
  target_compile_definitions(${target} PRIVATE HAL_PLUGIN_VERSION="${HAL_NOTE_VERSION}"
                                               HAL_PLUGIN_BUILD="${HAL_NOTE_COMPILER}")
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE -Wl,-z,now -Wl,-z,relro -Wl,-z,nodelete "-Wl,--version-script=${files}/plugin.map")
  if(NOT HAL_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  set_source_files_properties("${CMAKE_CURRENT_BINARY_DIR}/${target}-note.c" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_link_libraries(${target} PRIVATE hal::plugin_headers ${arg_LIBRARIES})
  if(NOT arg_NO_INSTALL AND NOT HAL_PLUGIN_NO_INSTALL)
    install(TARGETS ${target} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/${subdir}")
  endif()
endfunction()
