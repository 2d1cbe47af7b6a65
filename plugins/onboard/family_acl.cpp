// SPDX-License-Identifier: Apache-2.0
//
// The acl family: the vendor's public API.
#include <cstdio>

#include "onboard/vendor_api.hpp"

namespace hal::onboard {
namespace {

struct Functions {
#define HAL_ACL(need, since, result, name, parameters) result(*name) parameters = nullptr;
#include "onboard/vendor_functions.def"
};

// Filled when the library is opened, before the first call.
Functions functions;

std::vector<std::string> look_up(const Resolve &resolve, std::vector<std::string> &missing_optional) {
  enum class Need { CORE, OPTIONAL };
  std::vector<std::string> missing_core;
#define HAL_ACL(need, since, result, name, parameters)                         \
  functions.name = reinterpret_cast<decltype(functions.name)>(resolve(#name)); \
  if (functions.name == nullptr)                                               \
    (Need::need == Need::CORE ? missing_core : missing_optional).emplace_back(#name " (since " since ")");
#include "onboard/vendor_functions.def"
  return missing_core;
}

// Returns the SoC of device 0, even if another device is current.
int soc_name(std::string *name) {
  const char *text = functions.aclrtGetSocName();
  *name = text == nullptr ? "" : text;
  return kOk;
}

int malloc_huge_first(void **memory, std::size_t size) { return functions.aclrtMalloc(memory, size, kMallocHugeFirst); }

std::string version() {
  char text[256] = {};
  char package[] = "runtime";
  if (functions.aclsysGetVersionStr != nullptr && functions.aclsysGetVersionStr(package, text) == kOk) {
    text[sizeof text - 1] = '\0';
    if (text[0] != '\0') return text;
  }
  std::int32_t major = 0;
  std::int32_t minor = 0;
  std::int32_t patch = 0;
  if (functions.aclrtGetVersion == nullptr || functions.aclrtGetVersion(&major, &minor, &patch) != kOk) return "";
  std::snprintf(text, sizeof text, "(runtime %d.%d.%d)", static_cast<int>(major), static_cast<int>(minor),
                static_cast<int>(patch));
  return text;
}

// Chooses one complete set, so that memory is always unregistered by the call that belongs to its registration.
void choose_registration(VendorApi &api) {
  const bool unregister = functions.aclrtHostUnregister != nullptr;
  if (unregister && functions.aclrtHostRegisterV2 != nullptr && functions.aclrtHostGetDevicePointer != nullptr) {
    api.registration = Register::kV2;
    api.register_v2 = {"aclrtHostRegisterV2", functions.aclrtHostRegisterV2};
    api.device_pointer = {"aclrtHostGetDevicePointer", functions.aclrtHostGetDevicePointer};
  } else if (unregister && functions.aclrtHostRegister != nullptr) {
    api.registration = Register::kV1;
    api.register_v1 = {"aclrtHostRegister", functions.aclrtHostRegister};
  } else {
    return;
  }
  api.unregister = {"aclrtHostUnregister", functions.aclrtHostUnregister};
  api.map_capability = {"aclrtHostMemMapCapabilities", functions.aclrtHostMemMapCapabilities};
}

void choose_load(VendorApi &api) {
  if (functions.aclrtBinaryUnLoad == nullptr || functions.aclrtBinaryGetFunction == nullptr) return;
  if (functions.aclrtBinaryLoadFromData != nullptr) {
    api.load = Load::kData;
    api.binary_load_data = {"aclrtBinaryLoadFromData", functions.aclrtBinaryLoadFromData};
  } else if (functions.aclrtCreateBinary != nullptr && functions.aclrtBinaryLoad != nullptr &&
             functions.aclrtDestroyBinary != nullptr) {
    api.load = Load::kDescription;
    api.binary_describe = functions.aclrtCreateBinary;
    api.binary_load = {"aclrtBinaryLoad", functions.aclrtBinaryLoad};
    api.binary_forget = {"aclrtDestroyBinary", functions.aclrtDestroyBinary};
  }
  api.binary_unload = {"aclrtBinaryUnLoad", functions.aclrtBinaryUnLoad};
  api.function_find = {"aclrtBinaryGetFunction", functions.aclrtBinaryGetFunction};
}

void choose_launch(VendorApi &api) {
  if (functions.aclrtLaunchKernelWithHostArgs != nullptr) {
    api.launch_style = LaunchStyle::kHostArgs;
    api.launch_host_args = {"aclrtLaunchKernelWithHostArgs", functions.aclrtLaunchKernelWithHostArgs};
    return;
  }
  const Functions &f = functions;
  if (f.aclrtKernelArgsInit == nullptr || f.aclrtKernelArgsAppend == nullptr ||
      f.aclrtKernelArgsAppendPlaceHolder == nullptr || f.aclrtKernelArgsGetPlaceHolderBuffer == nullptr ||
      f.aclrtKernelArgsFinalize == nullptr || f.aclrtLaunchKernelWithConfig == nullptr)
    return;
  api.launch_style = LaunchStyle::kHandle;
  api.arguments_begin = {"aclrtKernelArgsInit", f.aclrtKernelArgsInit};
  api.arguments_append = {"aclrtKernelArgsAppend", f.aclrtKernelArgsAppend};
  api.arguments_append_place_holder = {"aclrtKernelArgsAppendPlaceHolder", f.aclrtKernelArgsAppendPlaceHolder};
  api.arguments_buffer = {"aclrtKernelArgsGetPlaceHolderBuffer", f.aclrtKernelArgsGetPlaceHolderBuffer};
  api.arguments_end = {"aclrtKernelArgsFinalize", f.aclrtKernelArgsFinalize};
  api.launch_handle = {"aclrtLaunchKernelWithConfig", f.aclrtLaunchKernelWithConfig};
}

void take_core(VendorApi &api) {
  const Functions &f = functions;
  api.init = {"aclInit", f.aclInit};
  api.finalize = {"aclFinalize", f.aclFinalize};
  api.finalize_reference = {"aclFinalizeReference", f.aclFinalizeReference};
  api.recent_error = f.aclGetRecentErrMsg;
  api.device_count = {"aclrtGetDeviceCount", f.aclrtGetDeviceCount};
  api.set_device = {"aclrtSetDevice", f.aclrtSetDevice};
  api.reset_device = {"aclrtResetDevice", f.aclrtResetDevice};
  api.get_context = {"aclrtGetCurrentContext", f.aclrtGetCurrentContext};
  api.set_context = {"aclrtSetCurrentContext", f.aclrtSetCurrentContext};
  api.soc_name = {"aclrtGetSocName", soc_name};
  api.memory_info = {"aclrtGetMemInfo", f.aclrtGetMemInfo};
  api.device_attribute = {"aclrtGetDeviceInfo", f.aclrtGetDeviceInfo};
  api.primary_context_state = {"aclrtGetPrimaryCtxState", f.aclrtGetPrimaryCtxState};
  api.malloc = {"aclrtMalloc", malloc_huge_first};
  api.free = {"aclrtFree", f.aclrtFree};
  api.malloc_host = {"aclrtMallocHost", f.aclrtMallocHost};
  api.free_host = {"aclrtFreeHost", f.aclrtFreeHost};
  api.copy_async = {"aclrtMemcpyAsync", f.aclrtMemcpyAsync};
  api.fill_async = {"aclrtMemsetAsync", f.aclrtMemsetAsync};
  api.stream_create = {"aclrtCreateStream", f.aclrtCreateStream};
  api.stream_destroy = {"aclrtDestroyStream", f.aclrtDestroyStream};
  api.stream_synchronize = {"aclrtSynchronizeStreamWithTimeout", f.aclrtSynchronizeStreamWithTimeout};
  api.stream_query = {"aclrtStreamQuery", f.aclrtStreamQuery};
  api.stream_abort = {"aclrtStreamAbort", f.aclrtStreamAbort};
  api.event_create = {"aclrtCreateEventWithFlag", f.aclrtCreateEventWithFlag};
  api.event_destroy = {"aclrtDestroyEvent", f.aclrtDestroyEvent};
  api.event_record = {"aclrtRecordEvent", f.aclrtRecordEvent};
  api.event_query = {"aclrtQueryEventStatus", f.aclrtQueryEventStatus};
  api.event_synchronize = {"aclrtSynchronizeEventWithTimeout", f.aclrtSynchronizeEventWithTimeout};
}

}  // namespace

std::vector<std::string> fill_acl(const Resolve &resolve, VendorApi &api) {
  api.family = "acl";
  std::vector<std::string> missing = look_up(resolve, api.missing);
  if (!missing.empty()) return missing;
  take_core(api);
  choose_registration(api);
  choose_load(api);
  choose_launch(api);
  api.version = version();
  return {};
}

}  // namespace hal::onboard
