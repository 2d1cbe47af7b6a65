// SPDX-License-Identifier: Apache-2.0
//
// The rt family: the vendor's internal API, used for memory, copies and streams. libhal uses it only if a user forces
// it or if no acl library exists. libhal does not load or launch kernels through it: the layouts of those calls change
// without notice.
#include "onboard/vendor_api.hpp"

namespace hal::onboard {
namespace {

struct Functions {
#define HAL_RT(need, since, result, name, parameters) result(*name) parameters = nullptr;
#include "onboard/vendor_functions.def"
};

// Filled when the library is opened, before the first call.
Functions functions;

std::vector<std::string> look_up(const Resolve &resolve, std::vector<std::string> &missing_optional) {
  enum class Need { CORE, OPTIONAL };
  std::vector<std::string> missing_core;
#define HAL_RT(need, since, result, name, parameters)                          \
  functions.name = reinterpret_cast<decltype(functions.name)>(resolve(#name)); \
  if (functions.name == nullptr)                                               \
    (Need::need == Need::CORE ? missing_core : missing_optional).emplace_back(#name " (since " since ")");
#include "onboard/vendor_functions.def"
  return missing_core;
}

int device_count(std::uint32_t *count) {
  std::int32_t number = 0;
  const int code = functions.rtGetDeviceCount(&number);
  *count = number > 0 ? static_cast<std::uint32_t>(number) : 0;
  return code;
}

int soc_name(std::string *name) {
  char text[128] = {};
  const int code = functions.rtGetSocVersion(text, sizeof text);
  text[sizeof text - 1] = '\0';
  *name = text;
  return code;
}

// The last parameter is a module number for the vendor's statistics, not a flag.
int malloc_default(void **memory, std::size_t size) { return functions.rtMalloc(memory, size, kRtMemoryDefault, 0); }
int malloc_host(void **memory, std::size_t size) { return functions.rtMallocHost(memory, size, 0); }

int fill_async(void *dst, std::size_t dst_size, std::int32_t value, std::size_t size, void *stream) {
  return functions.rtMemsetAsync(dst, dst_size, static_cast<std::uint32_t>(value), size, stream);
}

int stream_create(void **stream) { return functions.rtStreamCreate(stream, 0); }

// The prefixes are mixed: rtHostRegister and rtHostUnregister do not exist.
void choose_registration(VendorApi &api) {
  const bool unregister = functions.rtsHostUnregister != nullptr;
  if (unregister && functions.rtHostRegisterV2 != nullptr && functions.rtHostGetDevicePointer != nullptr) {
    api.registration = Register::kV2;
    api.register_v2 = {"rtHostRegisterV2", functions.rtHostRegisterV2};
    api.device_pointer = {"rtHostGetDevicePointer", functions.rtHostGetDevicePointer};
  } else if (unregister && functions.rtsHostRegister != nullptr) {
    api.registration = Register::kV1;
    api.register_v1 = {"rtsHostRegister", functions.rtsHostRegister};
  } else {
    return;
  }
  api.unregister = {"rtsHostUnregister", functions.rtsHostUnregister};
  api.map_capability = {"rtHostMemMapCapabilities", functions.rtHostMemMapCapabilities};
}

}  // namespace

std::vector<std::string> fill_rt(const Resolve &resolve, VendorApi &api) {
  api.family = "rt";
  std::vector<std::string> missing = look_up(resolve, api.missing);
  if (!missing.empty()) return missing;
  const Functions &f = functions;
  api.unsets_context = true;
  api.device_count = {"rtGetDeviceCount", device_count};
  api.set_device = {"rtSetDevice", f.rtSetDevice};
  api.reset_device = {"rtDeviceReset", f.rtDeviceReset};
  api.get_context = {"rtCtxGetCurrent", f.rtCtxGetCurrent};
  api.set_context = {"rtCtxSetCurrent", f.rtCtxSetCurrent};
  api.soc_name = {"rtGetSocVersion", soc_name};
  api.memory_info = {"rtMemGetInfoEx", f.rtMemGetInfoEx};
  api.malloc = {"rtMalloc", malloc_default};
  api.free = {"rtFree", f.rtFree};
  api.malloc_host = {"rtMallocHost", malloc_host};
  api.free_host = {"rtFreeHost", f.rtFreeHost};
  api.copy_async = {"rtMemcpyAsync", f.rtMemcpyAsync};
  api.fill_async = {"rtMemsetAsync", fill_async};
  api.stream_create = {"rtStreamCreate", stream_create};
  api.stream_destroy = {"rtStreamDestroy", f.rtStreamDestroy};
  api.stream_synchronize = {"rtStreamSynchronizeWithTimeout", f.rtStreamSynchronizeWithTimeout};
  api.stream_abort = {"rtStreamAbort", f.rtStreamAbort};
  api.event_create = {"rtEventCreateWithFlag", f.rtEventCreateWithFlag};
  api.event_destroy = {"rtEventDestroy", f.rtEventDestroy};
  api.event_record = {"rtEventRecord", f.rtEventRecord};
  api.event_query = {"rtEventQueryStatus", f.rtEventQueryStatus};
  api.event_synchronize = {"rtEventSynchronizeWithTimeout", f.rtEventSynchronizeWithTimeout};
  choose_registration(api);
  return {};
}

}  // namespace hal::onboard
