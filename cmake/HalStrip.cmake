# SPDX-License-Identifier: Apache-2.0
# hal_install_stripped(TARGET destination [component]): what install(TARGETS) puts there loses its debug information if HAL_STRIP
# is on. The component "debug" has that information: <destination>/.debug/<file>.debug, where gdb searches. Symbol tables stay:
# leak sites and kernel faults take names of functions from them.
function(hal_install_stripped target destination)
  if(HAL_STRIP)
    set_property(GLOBAL APPEND PROPERTY HAL_STRIPPED "${target}|${destination}|${ARGN}")
  endif()
endfunction()

# Writes the install rules; they must follow all install(TARGETS).
function(hal_install_debug_information)
  get_property(entries GLOBAL PROPERTY HAL_STRIPPED)
  foreach(entry IN LISTS entries)
    string(REPLACE "|" ";" entry "${entry}")
    list(GET entry 0 target)
    list(GET entry 1 destination)
    list(GET entry 2 component)
    if(component)
      set(component COMPONENT ${component})
    endif()
    string(CONFIGURE [[
      set(name "$<TARGET_FILE_NAME:@target@>")
      file(MAKE_DIRECTORY "@PROJECT_BINARY_DIR@/debug")
      execute_process(COMMAND "@CMAKE_OBJCOPY@" --only-keep-debug "$<TARGET_FILE:@target@>" "@PROJECT_BINARY_DIR@/debug/${name}.debug"
                      COMMAND_ERROR_IS_FATAL ANY)]] keep @ONLY)
    install(CODE "${keep}
      execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --strip-debug
                              \"--add-gnu-debuglink=${PROJECT_BINARY_DIR}/debug/\${name}.debug\"
                              \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${destination}/\${name}\" COMMAND_ERROR_IS_FATAL ANY)"
            ${component})
    install(CODE "${keep}
      file(INSTALL \"${PROJECT_BINARY_DIR}/debug/\${name}.debug\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${destination}/.debug\")"
            COMPONENT debug EXCLUDE_FROM_ALL)
  endforeach()
endfunction()
