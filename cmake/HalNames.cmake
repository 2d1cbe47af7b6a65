# SPDX-License-Identifier: Apache-2.0
# hal.h is the one list of public functions, properties, memory kinds, engines, element types, calling conventions and log levels.
# Everything else that needs one of these lists uses what is generated from it here, at configure time:
#   <build>/include/hal/names.h   the lists as macros, and a name for each number (installed beside hal.h)
#   <build>/generated/libhal.map  the linker's version script: libhal exports what hal.h and share_mem.h declare
set(HAL_GENERATED_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
set(HAL_VERSION_SCRIPT "${PROJECT_BINARY_DIR}/generated/libhal.map")

# hal_each(CONSTANT PATTERN out): the macro HAL_EACH_<CONSTANT>(X), with X(constant, NAME, "name") for each
# "#define HAL_<CONSTANT>_<NAME> value" of hal.h whose value matches PATTERN, and the cases of a switch over them.
function(hal_each constant list pattern out_macro out_cases)
  string(REGEX MATCHALL "#define HAL_${constant}_[A-Z0-9_]+ ${pattern}" defines "${HAL_H_TEXT}")
  if(NOT defines)
    message(FATAL_ERROR "hal.h defines no HAL_${constant}_* with a value like ${pattern}. Correct the pattern in cmake/HalNames.cmake.")
  endif()
  set(macro "#define HAL_EACH_${list}(X)")
  set(cases "")
  foreach(define IN LISTS defines)
    string(REGEX REPLACE "^#define HAL_${constant}_([A-Z0-9_]+) .*" "\\1" name "${define}")
    string(TOLOWER "${name}" lower)
    string(APPEND macro " \\\n  X(HAL_${constant}_${name}, ${name}, \"${lower}\")")
    string(APPEND cases "    case HAL_${constant}_${name}:\n      return \"${name}\";\n")
  endforeach()
  set(${out_macro} "${macro}" PARENT_SCOPE)
  set(${out_cases} "${cases}" PARENT_SCOPE)
endfunction()

set(headers "${PROJECT_SOURCE_DIR}/hal/include/hal/hal.h" "${PROJECT_SOURCE_DIR}/hal/include/hal/share_mem.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})
set(HAL_H_TEXT "")
foreach(header IN LISTS headers)
  file(READ "${header}" text)
  string(REPLACE ";" "," text "${text}") # a semicolon would separate list elements
  string(APPEND HAL_H_TEXT "${text}")
endforeach()

hal_each(PROPERTY PROPERTY "[0-9]+u" HAL_EACH_PROPERTY HAL_PROPERTY_CASES)
hal_each(MEM MEM_KIND "[0-9]+u" HAL_EACH_MEM_KIND HAL_MEM_KIND_CASES)
hal_each(ENGINE ENGINE "\\(UINT64_C\\(1\\) << [0-9]+\\)" HAL_EACH_ENGINE HAL_ENGINE_CASES)
hal_each(LOG LOG_LEVEL "[0-9]+u" HAL_EACH_LOG_LEVEL HAL_LOG_LEVEL_CASES)
hal_each(DTYPE DTYPE "[0-9]+u" HAL_EACH_DTYPE HAL_DTYPE_CASES)
hal_each(CONVENTION CONVENTION "[0-9]+u" HAL_EACH_CONVENTION HAL_CONVENTION_CASES)

string(REGEX MATCHALL "HAL_API [a-z0-9_ *]*[ *][A-Za-z0-9_]+\\(" declarations "${HAL_H_TEXT}")
set(functions "")
foreach(declaration IN LISTS declarations)
  string(REGEX MATCH "([A-Za-z0-9_]+)\\($" name "${declaration}")
  list(APPEND functions "${CMAKE_MATCH_1}")
endforeach()
list(SORT functions)
set(HAL_EACH_FUNCTION "#define HAL_EACH_FUNCTION(X)")
set(HAL_EXPORTS "")
foreach(name IN LISTS functions)
  string(APPEND HAL_EACH_FUNCTION " \\\n  X(${name}, \"${name}\")")
  string(APPEND HAL_EXPORTS "    ${name};\n")
endforeach()

configure_file("${CMAKE_CURRENT_LIST_DIR}/names.h.in" "${HAL_GENERATED_INCLUDE_DIR}/hal/names.h" @ONLY)
configure_file("${CMAKE_CURRENT_LIST_DIR}/libhal.map.in" "${HAL_VERSION_SCRIPT}" @ONLY)
