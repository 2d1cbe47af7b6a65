// SPDX-License-Identifier: Apache-2.0
//
// acl: memory, copies, host registration.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclrtMalloc(void **devPtr, size_t size, int policy) {
  RETURN_CODE(device_malloc(devPtr, size, static_cast<uint32_t>(policy)), devPtr, size, policy);
}
VENDOR(int) aclrtMallocAlign32(void **devPtr, size_t size, int policy) {
  RETURN_CODE(device_malloc(devPtr, size, static_cast<uint32_t>(policy)), devPtr, size, policy);
}
VENDOR(int) aclrtMallocCached(void **devPtr, size_t size, int policy) {
  RETURN_CODE(device_malloc(devPtr, size, static_cast<uint32_t>(policy)), devPtr, size, policy);
}
VENDOR(int) aclrtMallocWithCfg(void **devPtr, size_t size, int policy, void *cfg) {
  RETURN_CODE(device_malloc_with(devPtr, size, static_cast<uint32_t>(policy), cfg), devPtr, size, policy, cfg);
}
VENDOR(int) aclrtFree(void *devPtr) { RETURN_CODE(device_free(devPtr, false), devPtr); }
VENDOR(int) aclrtMallocHost(void **hostPtr, size_t size) { RETURN_CODE(host_malloc(hostPtr, size), hostPtr, size); }
VENDOR(int) aclrtMallocHostWithCfg(void **ptr, uint64_t size, void *cfg) {
  RETURN_CODE(host_malloc_with(ptr, size, cfg), ptr, size, cfg);
}
VENDOR(int) aclrtFreeHost(void *hostPtr) { RETURN_CODE(host_free(hostPtr, false), hostPtr); }
VENDOR(int) aclrtMemcpy(void *dst, size_t destMax, const void *src, size_t count, int kind) {
  RETURN_CODE(copy(dst, destMax, src, count, kind), dst, destMax, src, count, kind);
}
VENDOR(int) aclrtMemcpyAsync(void *dst, size_t destMax, const void *src, size_t count, int kind, void *stream) {
  RETURN_CODE(copy_async(dst, destMax, src, count, kind, stream), dst, destMax, src, count, kind, stream);
}
VENDOR(int) aclrtMemset(void *devPtr, size_t maxCount, int32_t value, size_t count) {
  RETURN_CODE(fill(devPtr, maxCount, value, count), devPtr, maxCount, value, count);
}
VENDOR(int) aclrtMemsetAsync(void *devPtr, size_t maxCount, int32_t value, size_t count, void *stream) {
  RETURN_CODE(fill_async(devPtr, maxCount, value, count, stream), devPtr, maxCount, value, count, stream);
}
VENDOR(int) aclrtMemFlush(void *devPtr, size_t size) { RETURN_CODE(flush(devPtr, size), devPtr, size); }
VENDOR(int) aclrtMemInvalidate(void *devPtr, size_t size) { RETURN_CODE(flush(devPtr, size), devPtr, size); }
VENDOR(int) aclrtPointerGetAttributes(const void *ptr, void *attributes) {
  RETURN_CODE(pointer_attributes(ptr, attributes), ptr, attributes);
}
VENDOR(int) aclrtGetMemInfo(int attr, size_t *free, size_t *total) {
  RETURN_CODE(memory_info(attr, free, total), attr, free, total);
}
VENDOR(int) aclrtHostRegister(void *ptr, uint64_t size, int type, void **devPtr) {
  RETURN_CODE(host_register(ptr, size, static_cast<uint32_t>(type), devPtr), ptr, size, type, devPtr);
}
VENDOR(int) aclrtHostUnregister(void *ptr) { RETURN_CODE(host_unregister(ptr), ptr); }
#if STANDIN_RELEASE >= 850
VENDOR(int) aclrtGetMemUsageInfo(int32_t deviceId, void *memUsageInfo, size_t inputNum, size_t *outputNum) {
  RETURN_CODE(not_simulated(), deviceId, memUsageInfo, inputNum, outputNum);
}
VENDOR(int) aclrtFreeWithDevSync(void *devPtr) { RETURN_CODE(device_free(devPtr, true), devPtr); }
VENDOR(int) aclrtFreeHostWithDevSync(void *hostPtr) { RETURN_CODE(host_free(hostPtr, true), hostPtr); }
VENDOR(int) aclrtHostRegisterV2(void *ptr, uint64_t size, uint32_t flag) {
  RETURN_CODE(host_register_v2(ptr, size, flag), ptr, size, flag);
}
VENDOR(int) aclrtHostGetDevicePointer(void *pHost, void **pDevice, uint32_t flag) {
  RETURN_CODE(host_device_pointer(pHost, pDevice, flag), pHost, pDevice, flag);
}
#endif

#if STANDIN_RELEASE >= 900
VENDOR(int) aclrtHostMemMapCapabilities(uint32_t deviceId, int hacType, int *capabilities) {
  RETURN_CODE(map_capabilities(deviceId, hacType, capabilities), deviceId, hacType, capabilities);
}
#endif
