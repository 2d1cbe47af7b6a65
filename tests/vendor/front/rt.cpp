// SPDX-License-Identifier: Apache-2.0
//
// rt: devices, memory, copies, host registration, streams, events. It has no launches, because libhal uses none of
// them.
#define STANDIN_FAMILY standin::Family::rt
#include "front.hpp"

VENDOR(int32_t) rtGetDeviceCount(int32_t *cnt) { RETURN_CODE(device_count(reinterpret_cast<uint32_t *>(cnt)), cnt); }
VENDOR(int32_t) rtSetDevice(int32_t devId) { RETURN_CODE(set_device(devId), devId); }
VENDOR(int32_t) rtGetDevice(int32_t *devId) { RETURN_CODE(get_device(devId), devId); }
VENDOR(int32_t) rtDeviceReset(int32_t devId) { RETURN_CODE(reset_device(devId, false), devId); }
VENDOR(int32_t) rtDeviceResetForce(int32_t devId) { RETURN_CODE(reset_device(devId, true), devId); }
VENDOR(int32_t) rtDeviceSynchronize(void) { RETURN_CODE(device_sync(-1)); }
VENDOR(int32_t) rtDeviceSynchronizeWithTimeout(int32_t timeout) { RETURN_CODE(device_sync(timeout), timeout); }
VENDOR(int32_t) rtGetSocVersion(char *ver, const uint32_t maxLen) {
  RETURN_CODE(soc_version(ver, maxLen), ver, maxLen);
}
VENDOR(int32_t) rtSetSocVersion(const char *ver) { RETURN_CODE(not_simulated(), ver); }
VENDOR(int32_t) rtGetDeviceInfo(uint32_t deviceId, int32_t moduleType, int32_t infoType, int64_t *val) {
  RETURN_CODE(not_simulated(), deviceId, moduleType, infoType, val);
}
VENDOR(int32_t) rtGetDeviceCapability(int32_t deviceId, int32_t moduleType, int32_t featureType, int32_t *val) {
  RETURN_CODE(not_simulated(), deviceId, moduleType, featureType, val);
}
VENDOR(int32_t) rtCtxSetCurrent(void *currentCtx) { RETURN_CODE(set_context(currentCtx), currentCtx); }
VENDOR(int32_t) rtCtxGetCurrent(void **currentCtx) { RETURN_CODE(get_context(currentCtx), currentCtx); }
VENDOR(int32_t) rtMemGetInfo(size_t *freeSize, size_t *totalSize) {
  RETURN_CODE(memory_info(1, freeSize, totalSize), freeSize, totalSize);
}
VENDOR(int32_t) rtMemGetInfoEx(int memInfoType, size_t *freeSize, size_t *totalSize) {
  RETURN_CODE(memory_info(memInfoType, freeSize, totalSize), memInfoType, freeSize, totalSize);
}
VENDOR(int32_t) rtGetAiCoreCount(uint32_t *aiCoreCnt) { RETURN_CODE(core_count(aiCoreCnt), aiCoreCnt); }
VENDOR(int32_t) rtGetRunMode(int32_t *runMode) { RETURN_CODE(run_mode(runMode), runMode); }
VENDOR(int32_t) rtMalloc(void **devPtr, uint64_t size, uint32_t type, const uint16_t moduleId) {
  RETURN_CODE(device_malloc(devPtr, size, 0), devPtr, size, type, moduleId);
}
VENDOR(int32_t) rtFree(void *devPtr) { RETURN_CODE(device_free(devPtr, false), devPtr); }
VENDOR(int32_t) rtMallocHost(void **hostPtr, uint64_t size, const uint16_t moduleId) {
  RETURN_CODE(host_malloc(hostPtr, size), hostPtr, size, moduleId);
}
VENDOR(int32_t) rtFreeHost(void *hostPtr) { RETURN_CODE(host_free(hostPtr, false), hostPtr); }
VENDOR(int32_t) rtMemcpy(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind) {
  RETURN_CODE(copy(dst, destMax, src, cnt, kind), dst, destMax, src, cnt, kind);
}
VENDOR(int32_t) rtMemcpyAsync(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind, void *stm) {
  RETURN_CODE(copy_async(dst, destMax, src, cnt, kind, stm), dst, destMax, src, cnt, kind, stm);
}
VENDOR(int32_t) rtMemset(void *devPtr, uint64_t destMax, uint32_t val, uint64_t cnt) {
  RETURN_CODE(fill(devPtr, destMax, static_cast<int32_t>(val), cnt), devPtr, destMax, val, cnt);
}
VENDOR(int32_t) rtMemsetAsync(void *ptr, uint64_t destMax, uint32_t val, uint64_t cnt, void *stm) {
  RETURN_CODE(fill_async(ptr, destMax, static_cast<int32_t>(val), cnt, stm), ptr, destMax, val, cnt, stm);
}
VENDOR(int32_t) rtPointerGetAttributes(void *attributes, const void *ptr) {
  RETURN_CODE(not_simulated(), attributes, ptr);
}
VENDOR(int32_t) rtStreamCreate(void **stm, int32_t priority) {
  RETURN_CODE(stream_create_with(stm, static_cast<uint32_t>(priority), 0), stm, priority);
}
VENDOR(int32_t) rtStreamCreateWithFlags(void **stm, int32_t priority, uint32_t flags) {
  RETURN_CODE(stream_create_with(stm, static_cast<uint32_t>(priority), flags), stm, priority, flags);
}
VENDOR(int32_t) rtStreamDestroy(void *stm) { RETURN_CODE(stream_destroy(stm, false), stm); }
VENDOR(int32_t) rtStreamSynchronize(void *stm) { RETURN_CODE(stream_sync(stm, -1), stm); }
VENDOR(int32_t) rtStreamSynchronizeWithTimeout(void *stm, int32_t timeout) {
  RETURN_CODE(stream_sync(stm, timeout), stm, timeout);
}
VENDOR(int32_t) rtStreamQuery(void *stm) { RETURN_CODE(not_simulated(), stm); }
VENDOR(int32_t) rtStreamAbort(void *stm) { RETURN_CODE(stream_abort(stm), stm); }
VENDOR(int32_t) rtEventCreate(void **evt) { RETURN_CODE(event_create(evt, 0xb, false), evt); }
VENDOR(int32_t) rtEventCreateWithFlag(void **evt, uint32_t flag) {
  RETURN_CODE(event_create(evt, flag, false), evt, flag);
}
VENDOR(int32_t) rtEventDestroy(void *evt) { RETURN_CODE(event_destroy(evt), evt); }
VENDOR(int32_t) rtEventRecord(void *evt, void *stm) { RETURN_CODE(event_record(evt, stm), evt, stm); }
VENDOR(int32_t) rtEventSynchronize(void *evt) { RETURN_CODE(event_sync(evt, -1), evt); }
VENDOR(int32_t) rtEventSynchronizeWithTimeout(void *evt, const int32_t timeout) {
  RETURN_CODE(event_sync(evt, timeout), evt, timeout);
}
VENDOR(int32_t) rtEventQueryStatus(void *evt, int *status) { RETURN_CODE(event_query(evt, status), evt, status); }
VENDOR(int32_t) rtStreamWaitEvent(void *stm, void *evt) { RETURN_CODE(event_wait(stm, evt, 0), stm, evt); }
VENDOR(int32_t) rtStreamWaitEventWithTimeout(void *stm, void *evt, uint32_t timeout) {
  RETURN_CODE(event_wait(stm, evt, static_cast<int32_t>(timeout)), stm, evt, timeout);
}
VENDOR(int32_t) rtEventElapsedTime(float *timeInterval, void *startEvent, void *endEvent) {
  RETURN_CODE(event_elapsed(timeInterval, startEvent, endEvent), timeInterval, startEvent, endEvent);
}
VENDOR(int32_t) rtGetLastError(int level) { RETURN_CODE(last_error(level, true), level); }
VENDOR(int32_t) rtPeekAtLastError(int level) { RETURN_CODE(last_error(level, false), level); }
#if STANDIN_RELEASE >= 850
VENDOR(int32_t) rtsDeviceSynchronize(int32_t timeout) { RETURN_CODE(device_sync(timeout), timeout); }
VENDOR(int32_t) rtGetSocSpec(const char *label, const char *key, char *val, const uint32_t maxLen) {
  RETURN_CODE(not_simulated(), label, key, val, maxLen);
}
VENDOR(int32_t) rtsDeviceGetInfo(uint32_t deviceId, int attr, int64_t *val) {
  RETURN_CODE(device_info(deviceId, attr, val), deviceId, attr, val);
}
VENDOR(int32_t) rtsDeviceGetCapability(int32_t deviceId, int32_t devFeatureType, int32_t *val) {
  RETURN_CODE(device_capability(deviceId, devFeatureType, val), deviceId, devFeatureType, val);
}
VENDOR(int32_t) rtsMemGetInfo(int memInfoType, size_t *freeSize, size_t *totalSize) {
  RETURN_CODE(memory_info(memInfoType, freeSize, totalSize), memInfoType, freeSize, totalSize);
}
VENDOR(int32_t) rtsMalloc(void **devPtr, uint64_t size, int policy, int advise, void *cfg) {
  RETURN_CODE(device_malloc_with(devPtr, size, static_cast<uint32_t>(policy), cfg), devPtr, size, policy, advise, cfg);
}
VENDOR(int32_t) rtsFree(void *devPtr) { RETURN_CODE(device_free(devPtr, false), devPtr); }
VENDOR(int32_t) rtsMallocHost(void **hostPtr, uint64_t size, const void *cfg) {
  RETURN_CODE(host_malloc_with(hostPtr, size, cfg), hostPtr, size, cfg);
}
VENDOR(int32_t) rtsFreeHost(void *hostPtr) { RETURN_CODE(host_free(hostPtr, false), hostPtr); }
VENDOR(int32_t) rtsMemcpy(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind, void *config) {
  RETURN_CODE(copy(dst, destMax, src, cnt, kind), dst, destMax, src, cnt, kind, config);
}
VENDOR(int32_t)
rtsMemcpyAsync(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind, void *config, void *stm) {
  RETURN_CODE(copy_async(dst, destMax, src, cnt, kind, stm), dst, destMax, src, cnt, kind, config, stm);
}
VENDOR(int32_t) rtsMemset(void *devPtr, uint64_t destMax, uint32_t val, uint64_t cnt) {
  RETURN_CODE(fill(devPtr, destMax, static_cast<int32_t>(val), cnt), devPtr, destMax, val, cnt);
}
VENDOR(int32_t) rtsMemsetAsync(void *ptr, uint64_t destMax, uint32_t val, uint64_t cnt, void *stm) {
  RETURN_CODE(fill_async(ptr, destMax, static_cast<int32_t>(val), cnt, stm), ptr, destMax, val, cnt, stm);
}
VENDOR(int32_t) rtsPointerGetAttributes(const void *ptr, void *attributes) {
  RETURN_CODE(pointer_attributes(ptr, attributes), ptr, attributes);
}
VENDOR(int32_t) rtsHostRegister(void *ptr, uint64_t size, int type, void **devPtr) {
  RETURN_CODE(host_register(ptr, size, static_cast<uint32_t>(type), devPtr), ptr, size, type, devPtr);
}
VENDOR(int32_t) rtsHostUnregister(void *ptr) { RETURN_CODE(host_unregister(ptr), ptr); }
VENDOR(int32_t) rtHostRegisterV2(void *ptr, uint64_t size, uint32_t flag) {
  RETURN_CODE(host_register_v2(ptr, size, flag), ptr, size, flag);
}
VENDOR(int32_t) rtHostGetDevicePointer(void *pHost, void **pDevice, uint32_t flag) {
  RETURN_CODE(host_device_pointer(pHost, pDevice, flag), pHost, pDevice, flag);
}
VENDOR(int32_t) rtsStreamCreate(void **stream, void *config) { RETURN_CODE(not_simulated(), stream, config); }
VENDOR(int32_t) rtsStreamDestroy(void *stm, uint64_t flags) {
  RETURN_CODE(stream_destroy(stm, flags != 0), stm, flags);
}
VENDOR(int32_t) rtsStreamSynchronize(void *stm, int32_t timeout) {
  RETURN_CODE(stream_sync(stm, timeout), stm, timeout);
}
VENDOR(int32_t) rtsEventCreate(void **evt, uint64_t flag) {
  RETURN_CODE(event_create(evt, static_cast<uint32_t>(flag), false), evt, flag);
}
#endif

#if STANDIN_RELEASE >= 900
VENDOR(int32_t) rtHostMemMapCapabilities(uint32_t deviceId, int hacType, int *capabilities) {
  RETURN_CODE(map_capabilities(deviceId, hacType, capabilities), deviceId, hacType, capabilities);
}
#endif
