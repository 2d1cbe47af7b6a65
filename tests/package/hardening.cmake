# SPDX-License-Identifier: Apache-2.0
# Checks how every installed ELF file is linked, and that plugins leave the process to the program (P11).
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(failures "")

macro(fail text)
  list(APPEND failures "${file}: ${text}")
endmacro()

macro(need expression text)
  if(NOT output MATCHES "${expression}")
    fail("${text}")
  endif()
endmacro()

# Checks every ELF file.
function(check_link file)
  run("${READELF}" -W -l -d "${file}")
  need("GNU_RELRO" "no RELRO: link with -Wl,-z,relro")
  need("BIND_NOW|Flags:[^\n]*NOW" "symbols are bound lazily: link with -Wl,-z,now")
  need("GNU_STACK[^\n]* RW " "the stack may be executable: an assembler source lacks .note.GNU-stack")
  if(output MATCHES "TEXTREL")
    fail("relocations in the code: compile everything with -fPIC")
  endif()
  if(output MATCHES "(RPATH|RUNPATH)[^\n]*\\[([^]]*)\\]")
    set(where "${CMAKE_MATCH_2}")
    if(NOT where MATCHES "^[$]ORIGIN(/[.][.])*(/[A-Za-z0-9_-]+)*$")
      fail("it searches libraries in \"${where}\": use only paths that begin with $ORIGIN, so that the tree can be moved")
    endif()
  endif()
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

function(check_program file)
  run("${READELF}" -W -h -d "${file}")
  need("Flags:[^\n]* PIE" "not a position-independent executable: link with -pie")
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

set(forbidden getenv secure_getenv setenv unsetenv putenv clearenv environ signal sigaction sigset sigvec exit _exit _Exit
              quick_exit atexit at_quick_exit abort printf vprintf fprintf vfprintf dprintf puts fputs putchar fputc putc
              fwrite perror psignal syslog stdout stderr _ZSt4cout _ZSt4cerr _ZSt4clog)

# check_plugin(file allowed …)
function(check_plugin file)
  run("${READELF}" -W -d "${file}")
  need("Flags:[^\n]*NODELETE" "it could be unloaded under a running thread: link with -Wl,-z,nodelete")
  if(output MATCHES "NEEDED[^\n]*\\[lib(spdlog|fmt)[^]]*\\]")
    fail("it needs the core's own ${CMAKE_MATCH_1}: log through hal::plugin::log")
  endif()
  run("${NM}" -D --undefined-only "${file}")
  string(REGEX MATCHALL "[Uw] [^@ \n]+" symbols "${output}")
  list(TRANSFORM symbols REPLACE "^[Uw] " "")
  foreach(symbol IN LISTS symbols)
    if(symbol IN_LIST forbidden AND NOT symbol IN_LIST ARGN)
      fail("P11: it calls ${symbol}, but the process belongs to the program: use options, log and set_error of hal_host_v1_t")
    endif()
  endforeach()
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

file(GLOB libraries "${PREFIX}/${LIBDIR}/lib*.so" "${PLUGINS}/hal-sim-hooks.so")
file(GLOB plugins "${PLUGINS}/libhal-*.so")
file(GLOB programs "${PLUGINS}/hal-sim-device" "${PREFIX}/bin/*" "${PREFIX}/libexec/hal/*")
set(template "${BUILD}/template/hal/plugins-0/libhal-null.so")
foreach(file IN LISTS libraries plugins programs ITEMS "${template}")
  check_link("${file}")
endforeach()
foreach(file IN LISTS programs)
  check_program("${file}")
endforeach()
check_plugin("${template}")
foreach(file IN LISTS plugins)
  # environ: the simulators pass it to the device process with posix_spawn, and do not read it. They also contain the engine
  # for HAL_SIM_PROCESS=0, but not its fault handlers and its _exit: these are in the device program (device/fault.cpp,
  # device/supervisor.cpp).
  # sigaction: the onboard plugins restore the handlers that the vendor's library replaces when it is opened.
  if(file MATCHES "-onboard\\.so$")
    check_plugin("${file}" sigaction)
  else()
    check_plugin("${file}" environ)
  endif()
endforeach()

if(failures)
  list(JOIN failures "\n" failures)
  message(FATAL_ERROR "${failures}")
endif()
