// SPDX-License-Identifier: Apache-2.0
#include "every_call.hpp"

#include "fixture.hpp"

namespace hal::conformance {
namespace {

hal_backend_t backend(const Handles &all) { return reinterpret_cast<hal_backend_t>(all[kBackend]); }
hal_device_t device(const Handles &all) { return reinterpret_cast<hal_device_t>(all[kDevice]); }
hal_stream_t stream(const Handles &all) { return reinterpret_cast<hal_stream_t>(all[kStream]); }
hal_mem_t mem(const Handles &all) { return reinterpret_cast<hal_mem_t>(all[kMem]); }
hal_executable_t executable(const Handles &all) { return reinterpret_cast<hal_executable_t>(all[kExecutable]); }
hal_kernel_t kernel(const Handles &all) { return reinterpret_cast<hal_kernel_t>(all[kKernel]); }

hal_status_t launch(const Handles &all) {
  Launch launch(kernel(all));
  return launch.on(stream(all)).mem(mem(all)).submit();
}

// A page that could be registered. It stays mapped as long as the process.
alignas(4096) std::uint8_t a_page[4096];
std::uint64_t a_number;

void add_backends_and_devices(std::vector<Call> &calls) {
  const auto add = [&](const char *function, Sort subject, std::function<hal_status_t(const Handles &)> call) {
    calls.push_back({function, subject, false, std::move(call)});
  };
  add("hal_backend_info", kBackend, [](const Handles &all) {
    auto info = sized<hal_backend_info_t>();
    return hal_backend_info(backend(all), &info);
  });
  calls.push_back({"hal_backend_explain_native", kBackend, true, [](const Handles &all) {
                     auto error = sized<hal_native_error_t>();
                     return hal_backend_explain_native(backend(all), "errno", 1, &error);
                   }});
  add("hal_device_count", kBackend, [](const Handles &all) {
    std::uint32_t count = 0;
    return hal_device_count(backend(all), &count);
  });
  add("hal_device_open", kBackend, [](const Handles &all) {
    hal_device_t opened = nullptr;
    return hal_device_open(backend(all), HAL_DEVICE_DEFAULT, &opened);
  });
  add("hal_device_close", kDevice, [](const Handles &all) { return hal_device_close(device(all)); });
  add("hal_device_info", kDevice, [](const Handles &all) {
    auto info = sized<hal_device_info_t>();
    return hal_device_info(device(all), &info);
  });
  add("hal_device_query", kDevice,
      [](const Handles &all) { return hal_device_query(device(all), HAL_PROPERTY_MAX_BLOCKS, &a_number); });
  add("hal_device_reset", kDevice, [](const Handles &all) { return hal_device_reset(device(all)); });
  add("hal_device_check", kDevice, [](const Handles &all) { return hal_device_check(device(all)); });
  add("hal_device_wait", kDevice, [](const Handles &all) { return hal_device_wait(device(all), kPatienceNs); });
  add("hal_device_stream", kDevice, [](const Handles &all) {
    hal_stream_t own = nullptr;
    return hal_device_stream(device(all), &own);
  });
}

void add_memory(std::vector<Call> &calls) {
  const auto add = [&](const char *function, Sort subject, std::function<hal_status_t(const Handles &)> call) {
    calls.push_back({function, subject, false, std::move(call)});
  };
  add("hal_mem_query", kDevice, [](const Handles &all) {
    const auto desc = describe(HAL_MEM_DEVICE, kPage);
    auto caps = sized<hal_mem_caps_t>();
    return hal_mem_query(device(all), &desc, &caps);
  });
  add("hal_mem_alloc", kDevice, [](const Handles &all) {
    const auto desc = describe(HAL_MEM_DEVICE, kPage);
    hal_mem_t allocated = nullptr;
    return hal_mem_alloc(device(all), &desc, &allocated);
  });
  add("hal_mem_register", kDevice, [](const Handles &all) {
    const auto desc = describe_range(a_page, sizeof a_page);
    hal_mem_t registered = nullptr;
    return hal_mem_register(device(all), &desc, &registered);
  });
  add("hal_mem_lookup_host", kDevice, [](const Handles &all) {
    auto info = sized<hal_mem_info_t>();
    return hal_mem_lookup_host(device(all), a_page, &info);
  });
  add("hal_mem_lookup_device", kDevice, [](const Handles &all) {
    auto info = sized<hal_mem_info_t>();
    return hal_mem_lookup_device(device(all), 0x1000, &info);
  });
  add("hal_mem_free", kMem, [](const Handles &all) { return hal_mem_free(mem(all)); });
  add("hal_mem_unregister", kMem, [](const Handles &all) { return hal_mem_unregister(mem(all)); });
  add("hal_mem_info", kMem, [](const Handles &all) {
    auto info = sized<hal_mem_info_t>();
    return hal_mem_info(mem(all), &info);
  });
  add("hal_mem_sync", kMem, [](const Handles &all) { return hal_mem_sync(mem(all), 0, 64, HAL_SYNC_TO_DEVICE); });
}

void add_streams_and_copies(std::vector<Call> &calls) {
  const auto add = [&](const char *function, Sort subject, std::function<hal_status_t(const Handles &)> call) {
    calls.push_back({function, subject, false, std::move(call)});
  };
  // A submit has two entries: one for the stream, where NULL is valid, and one for the memory.
  const auto add_submit = [&](const char *function, const std::function<hal_status_t(const Handles &)> &call) {
    calls.push_back({function, kStream, true, call});
    calls.push_back({function, kMem, false, call});
  };
  add("hal_stream_create", kDevice, [](const Handles &all) {
    hal_stream_t created = nullptr;
    return hal_stream_create(device(all), 0, &created);
  });
  add("hal_stream_destroy", kStream, [](const Handles &all) { return hal_stream_destroy(stream(all)); });
  add("hal_stream_wait", kStream, [](const Handles &all) { return hal_stream_wait(stream(all), 1, kPatienceNs); });
  add("hal_stream_query", kStream, [](const Handles &all) { return hal_stream_query(stream(all), &a_number); });
  add_submit("hal_copy_to_device",
             [](const Handles &all) { return hal_copy_to_device(stream(all), mem(all), 0, a_page, 64, &a_number); });
  add_submit("hal_copy_from_device",
             [](const Handles &all) { return hal_copy_from_device(stream(all), a_page, mem(all), 0, 64, &a_number); });
  add_submit("hal_copy_on_device", [](const Handles &all) {
    return hal_copy_on_device(stream(all), mem(all), 0, mem(all), 128, 64, &a_number);
  });
  add_submit("hal_fill", [](const Handles &all) { return hal_fill(stream(all), mem(all), 0, 64, 1, &a_number); });
}

void add_executables_and_launch(std::vector<Call> &calls) {
  const auto add = [&](const char *function, Sort subject, std::function<hal_status_t(const Handles &)> call) {
    calls.push_back({function, subject, false, std::move(call)});
  };
  add("hal_executable_load_file", kDevice, [](const Handles &all) {
    hal_executable_t loaded = nullptr;
    return hal_executable_load_file(device(all), "/proc/self/exe", &loaded);
  });
  add("hal_executable_load_data", kDevice, [](const Handles &all) {
    hal_executable_t loaded = nullptr;
    return hal_executable_load_data(device(all), a_page, sizeof a_page, &loaded);
  });
  add("hal_executable_unload", kExecutable, [](const Handles &all) { return hal_executable_unload(executable(all)); });
  add("hal_executable_find", kExecutable, [](const Handles &all) {
    hal_kernel_t found = nullptr;
    return hal_executable_find(executable(all), nullptr, &found);
  });
  add("hal_kernel_info", kKernel, [](const Handles &all) {
    auto info = sized<hal_kernel_info_t>();
    return hal_kernel_info(kernel(all), &info);
  });
  add("hal_kernel_launch", kKernel, launch);
  add("hal_kernel_launch", kMem, launch);
  calls.push_back({"hal_kernel_launch", kStream, true, launch});
}

}  // namespace

std::vector<Call> every_call() {
  std::vector<Call> calls;
  add_backends_and_devices(calls);
  add_memory(calls);
  add_streams_and_copies(calls);
  add_executables_and_launch(calls);
  return calls;
}

}  // namespace hal::conformance
