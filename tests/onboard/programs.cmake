# SPDX-License-Identifier: Apache-2.0
# Runs the examples and halprobe over the stand-in for the vendor's runtime, as on a card.
if(NOT TARGET halprobe OR NOT TARGET host_register_mapped_demo)
  return()
endif()

# hal_run_over_standin(name variant backend TARGET program [ARGS …] [SET VARIABLE=value …] STATUS n MATCH regex …)
function(hal_run_over_standin name variant backend)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "TARGET;STATUS" "ARGS;SET;MATCH")
  list(JOIN arg_ARGS "|" arguments)
  list(JOIN arg_MATCH "|" matches)
  hal_standin_environment(${variant} ${backend} environment)
  add_test(NAME "onboard.${name}"
           COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:${arg_TARGET}>" "-DARGUMENTS=${arguments}" "-DSTATUS=${arg_STATUS}"
                   "-DMATCHES=${matches}" "-DBACKEND=${backend}" -P "${PROJECT_SOURCE_DIR}/tests/examples/run_example.cmake")
  # STANDIN_ABORT ends a program at its first violation. If a variable is set twice, the last value counts.
  set_tests_properties("onboard.${name}" PROPERTIES ENVIRONMENT "${environment};STANDIN_ABORT=1;${arg_SET}" LABELS onboard TIMEOUT
                                                    60)
endfunction()

# ---- the examples
set(examples "${PROJECT_SOURCE_DIR}/examples")
hal_add_standin_kernel(host_register_mapped SOURCES "${examples}/host_register_mapped_demo/kernels/host_register_mapped.cpp"
                       BACKENDS ${HAL_STANDIN_BACKENDS} ENGINE aiv)
hal_add_standin_kernel(vector_add SOURCES "${examples}/cpp_quickstart/kernels/vector_add.cpp" BACKENDS ${HAL_STANDIN_BACKENDS})
hal_add_standin_kernel(add_one SOURCES "${examples}/c_quickstart/kernels/add_one.cpp" BACKENDS ${HAL_STANDIN_BACKENDS})
foreach(backend IN LISTS HAL_STANDIN_BACKENDS)
  set(objects "${STANDIN_KERNEL_DIR}/${backend}")
  foreach(variant IN ITEMS 8.1 8.5 9.1)
    foreach(memory IN ITEMS pair register)
      hal_run_over_standin(demo.${variant}.${backend}.${memory} ${variant} ${backend} TARGET host_register_mapped_demo
                           ARGS --variant ${memory} --kernel "${objects}/host_register_mapped.o" STATUS 0
                           MATCH "backend +${backend} .onboard." "shared memory first 1 2 3, last 16384, differences 0 of 16384"
                                 "device buffer first 1 2 3, last 16384, differences 0 of 16384" "PASS")
    endforeach()
  endforeach()
  hal_run_over_standin(cpp_quickstart.${backend} 9.1 ${backend} TARGET cpp_quickstart ARGS "${objects}/vector_add.o" STATUS 0
                       MATCH "sum.0. = 42, sum.999. = 42")
  hal_run_over_standin(c_quickstart.${backend} 9.1 ${backend} TARGET c_quickstart ARGS "${objects}/add_one.o" STATUS 0
                       MATCH "first 1, last 1024")
  hal_run_over_standin(c_share_mem.${backend} 9.1 ${backend} TARGET c_share_mem STATUS 0
                       MATCH "65536 bytes: host 0x[0-9a-f]+, device 0x[0-9a-f]+")
endforeach()
hal_run_over_standin(demo_without_kernels_in_the_rt_family rt-9.1 a2a3-onboard TARGET host_register_mapped_demo
                     ARGS --kernel "${STANDIN_KERNEL_DIR}/a2a3-onboard/host_register_mapped.o" STATUS 2
                     MATCH "UNSUPPORTED" "only through the acl family" "hint: unset HAL_ONBOARD_API")

# ---- halprobe: its output shows the stand-in's path and version
foreach(backend IN LISTS HAL_STANDIN_BACKENDS)
  foreach(variant IN ITEMS 8.1 8.5 9.0 9.1)
    hal_run_over_standin(halprobe.probe.${variant}.${backend} ${variant} ${backend} TARGET halprobe ARGS probe ${backend} STATUS 0
                         MATCH "${backend}:0 " "${backend}:1 "
                               "native_api +acl .*${variant}.* from ${STANDIN_ROOT}/${variant}/lib64/libascendcl.so"
                               "HOST_MAPPED +OK")
  endforeach()
  hal_run_over_standin(halprobe.probe_of_the_internal_family.${backend} rt-9.1 ${backend} TARGET halprobe ARGS probe ${backend}
                       STATUS 0 MATCH "native_api +rt .*${STANDIN_ROOT}/rt-9.1/lib64/libruntime.so" "launch none")
  hal_run_over_standin(halprobe.doctor.${backend} 9.1 ${backend} TARGET halprobe ARGS doctor ${backend} STATUS "0|3"
                       MATCH "runtime +library +ok +acl 9.1.0-standin from ${STANDIN_ROOT}/9.1/lib64/libascendcl.so")
endforeach()
hal_run_over_standin(halprobe.probe_of_the_thin_acl_library acl-rt a2a3-onboard TARGET halprobe ARGS probe a2a3-onboard STATUS 0
                     MATCH "${STANDIN_ROOT}/acl-rt/lib64/libacl_rt.so")

# hal_refused_by_probe(name variant reason MATCH …): probe, explain and list print the reason, and probe prints a hint.
function(hal_refused_by_probe name variant reason)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "MATCH;SET")
  hal_run_over_standin(halprobe.probe_${name} ${variant} a2a3-onboard TARGET halprobe ARGS probe a2a3-onboard STATUS 3
                       MATCH ".${reason}." "hint: ." ${arg_MATCH} SET ${arg_SET})
  hal_run_over_standin(halprobe.explain_${name} ${variant} a2a3-onboard TARGET halprobe ARGS explain a2a3-onboard STATUS 3
                       MATCH "${reason}" ${arg_MATCH} SET ${arg_SET})
  hal_run_over_standin(halprobe.list_${name} ${variant} a2a3-onboard TARGET halprobe ARGS list STATUS 0
                       MATCH "a2a3-onboard +[a-z]+ +a2a3 .* ${reason}" "a2a3-sim +usable" SET ${arg_SET})
endfunction()
hal_refused_by_probe(without_a_device no-device no_device MATCH "reports no device" "vendor/no-device/")
hal_refused_by_probe(without_a_driver driver-missing driver_missing MATCH "libascend_hal.so: cannot open shared object")
hal_refused_by_probe(with_a_core_symbol_short short driver_version MATCH "lacks aclrtMemsetAsync")
hal_refused_by_probe(with_the_stub_for_linking stub/devlib/linux driver_missing MATCH "this is a stub for linking")
hal_refused_by_probe(without_permission 9.1 no_device MATCH "207006: no permission" SET STANDIN_DRIVER=permission)
hal_refused_by_probe(where_the_driver_fails 9.1 driver_missing MATCH "507899" SET STANDIN_DRIVER=error)
hal_refused_by_probe(of_a_runtime_without_a_soc 9.1 wrong_soc SET STANDIN_SOC=NULL MATCH "SoC")
hal_refused_by_probe(of_the_first_generation 9.1 wrong_soc SET STANDIN_SOC=Ascend910B MATCH "Ascend910B")
hal_run_over_standin(halprobe.doctor_without_a_driver driver-missing a2a3-onboard TARGET halprobe ARGS doctor a2a3-onboard STATUS 3
                     MATCH "driver_missing" "runtime +library +problem" "libascend_hal.so")

# Each SoC is supported by at most one plugin.
foreach(soc IN ITEMS Ascend910B1:usable:absent Ascend910B4-1:usable:absent Ascend910_9391:usable:absent Ascend950PR_9599:absent:usable
                     Ascend950DT_9571:absent:usable Ascend910B:absent:absent Ascend310P3:absent:absent Ascend910_9599:absent:absent)
  string(REGEX MATCH "^([^:]+):(.*):(.*)$" all "${soc}")
  hal_run_over_standin(halprobe.list_on_${CMAKE_MATCH_1} 9.1 a2a3-onboard TARGET halprobe ARGS list STATUS 0
                       MATCH "a2a3-onboard +${CMAKE_MATCH_2} " "a5-onboard +${CMAKE_MATCH_3} " SET STANDIN_SOC=${CMAKE_MATCH_1})
endforeach()
hal_run_over_standin(halprobe.list_of_a_soc_that_the_user_accepts 9.1 a2a3-onboard TARGET halprobe ARGS list STATUS 0
                     MATCH "a5-onboard +usable " SET STANDIN_SOC=Ascend950QR_1 STANDIN_NPU_ARCH=3510
                                                    HAL_ONBOARD_ACCEPT_SOC=Ascend950QR_1)
hal_run_over_standin(halprobe.probe_of_an_unknown_soc 9.1 a5-onboard TARGET halprobe ARGS probe a5-onboard STATUS 3
                     MATCH "HAL_ONBOARD_ACCEPT_SOC=Ascend950QR_1 to use it" SET STANDIN_SOC=Ascend950QR_1 STANDIN_NPU_ARCH=3510)
hal_run_over_standin(halprobe.list_with_an_api_that_does_not_exist 9.1 a2a3-onboard TARGET halprobe ARGS list STATUS 5
                     MATCH "HAL_ONBOARD_API is .nonsense.. allowed is auto, acl or rt" SET HAL_ONBOARD_API=nonsense)
hal_run_over_standin(halprobe.list_with_a_relative_library_directory 9.1 a2a3-onboard TARGET halprobe ARGS list STATUS 5
                     MATCH "HAL_ONBOARD_LIBRARY_DIR is .lib64.. allowed is an absolute path" SET HAL_ONBOARD_LIBRARY_DIR=lib64)
hal_run_over_standin(halprobe.probe_where_name_and_architecture_differ 9.1 a5-onboard TARGET halprobe ARGS probe a5-onboard STATUS 3
                     MATCH "wrong_soc" "reports architecture 2201" SET STANDIN_NPU_ARCH=2201)
