// SPDX-License-Identifier: Apache-2.0
//
// rt: devices, memory, copies, host registration, streams, events. Its launches are not here: libhal uses none.
#define STANDIN_FAMILY standin::Family::rt
#include "front.hpp"

VENDOR(int32_t) rtGetDeviceCount(int32_t *cnt) { ANSWER(device_count(reinterpret_cast<uint32_t *>(cnt)), cnt); }
VENDOR(int32_t) rtSetDevice(int32_t devId) { ANSWER(set_device(devId), devId); }
VENDOR(int32_t) rtGetDevice(int32_t *devId) { ANSWER(get_device(devId), devId); }
VENDOR(int32_t) rtDeviceReset(int32_t devId) { ANSWER(reset_device(devId, false), devId); }
VENDOR(int32_t) rtDeviceResetForce(int32_t devId) { ANSWER(reset_device(devId, true), devId); }
VENDOR(int32_t) rtDeviceSynchronize(void) { ANSWER(device_sync(-1)); }
VENDOR(int32_t) rtDeviceSynchronizeWithTimeout(int32_t timeout) { ANSWER(device_sync(timeout), timeout); }
VENDOR(int32_t) rtGetSocVersion(char *ver, const uint32_t maxLen) { ANSWER(soc_version(ver, maxLen), ver, maxLen); }
VENDOR(int32_t) rtSetSocVersion(const char *ver) { ANSWER(not_simulated(), ver); }
VENDOR(int32_t) rtGetDeviceInfo(uint32_t deviceId, int32_t moduleType, int32_t infoType, int64_t *val) {
  ANSWER(not_simulated(), deviceId, moduleType, infoType, val);
}
VENDOR(int32_t) rtGetDeviceCapability(int32_t deviceId, int32_t moduleType, int32_t featureType, int32_t *val) {
  ANSWER(not_simulated(), deviceId, moduleType, featureType, val);
}
VENDOR(int32_t) rtCtxSetCurrent(void *currentCtx) { ANSWER(set_context(currentCtx), currentCtx); }
VENDOR(int32_t) rtCtxGetCurrent(void **currentCtx) { ANSWER(get_context(currentCtx), currentCtx); }
VENDOR(int32_t) rtMemGetInfo(size_t *freeSize, size_t *totalSize) {
  ANSWER(memory_info(1, freeSize, totalSize), freeSize, totalSize);
}
VENDOR(int32_t) rtMemGetInfoEx(int memInfoType, size_t *freeSize, size_t *totalSize) {
  ANSWER(memory_info(memInfoType, freeSize, totalSize), memInfoType, freeSize, totalSize);
}
VENDOR(int32_t) rtGetAiCoreCount(uint32_t *aiCoreCnt) { ANSWER(core_count(aiCoreCnt), aiCoreCnt); }
VENDOR(int32_t) rtGetRunMode(int32_t *runMode) { ANSWER(run_mode(runMode), runMode); }
VENDOR(int32_t) rtMalloc(void **devPtr, uint64_t size, uint32_t type, const uint16_t moduleId) {
  ANSWER(device_malloc(devPtr, size, 0), devPtr, size, type, moduleId);
}
VENDOR(int32_t) rtFree(void *devPtr) { ANSWER(device_free(devPtr, false), devPtr); }
VENDOR(int32_t) rtMallocHost(void **hostPtr, uint64_t size, const uint16_t moduleId) {
  ANSWER(host_malloc(hostPtr, size), hostPtr, size, moduleId);
}
VENDOR(int32_t) rtFreeHost(void *hostPtr) { ANSWER(host_free(hostPtr, false), hostPtr); }
VENDOR(int32_t) rtMemcpy(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind) {
  ANSWER(copy(dst, destMax, src, cnt, kind), dst, destMax, src, cnt, kind);
}
VENDOR(int32_t) rtMemcpyAsync(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind, void *stm) {
  ANSWER(copy_async(dst, destMax, src, cnt, kind, stm), dst, destMax, src, cnt, kind, stm);
}
VENDOR(int32_t) rtMemset(void *devPtr, uint64_t destMax, uint32_t val, uint64_t cnt) {
  ANSWER(fill(devPtr, destMax, static_cast<int32_t>(val), cnt), devPtr, destMax, val, cnt);
}
VENDOR(int32_t) rtMemsetAsync(void *ptr, uint64_t destMax, uint32_t val, uint64_t cnt, void *stm) {
  ANSWER(fill_async(ptr, destMax, static_cast<int32_t>(val), cnt, stm), ptr, destMax, val, cnt, stm);
}
VENDOR(int32_t) rtPointerGetAttributes(void *attributes, const void *ptr) { ANSWER(not_simulated(), attributes, ptr); }
VENDOR(int32_t) rtStreamCreate(void **stm, int32_t priority) {
  ANSWER(stream_create_with(stm, static_cast<uint32_t>(priority), 0), stm, priority);
}
VENDOR(int32_t) rtStreamCreateWithFlags(void **stm, int32_t priority, uint32_t flags) {
  ANSWER(stream_create_with(stm, static_cast<uint32_t>(priority), flags), stm, priority, flags);
}
VENDOR(int32_t) rtStreamDestroy(void *stm) { ANSWER(stream_destroy(stm, false), stm); }
VENDOR(int32_t) rtStreamSynchronize(void *stm) { ANSWER(stream_sync(stm, -1), stm); }
VENDOR(int32_t) rtStreamSynchronizeWithTimeout(void *stm, int32_t timeout) {
  ANSWER(stream_sync(stm, timeout), stm, timeout);
}
VENDOR(int32_t) rtStreamQuery(void *stm) { ANSWER(not_simulated(), stm); }
VENDOR(int32_t) rtStreamAbort(void *stm) { ANSWER(stream_abort(stm), stm); }
VENDOR(int32_t) rtEventCreate(void **evt) { ANSWER(event_create(evt, 0xb, false), evt); }
VENDOR(int32_t) rtEventCreateWithFlag(void **evt, uint32_t flag) { ANSWER(event_create(evt, flag, false), evt, flag); }
VENDOR(int32_t) rtEventDestroy(void *evt) { ANSWER(event_destroy(evt), evt); }
VENDOR(int32_t) rtEventRecord(void *evt, void *stm) { ANSWER(event_record(evt, stm), evt, stm); }
VENDOR(int32_t) rtEventSynchronize(void *evt) { ANSWER(event_sync(evt, -1), evt); }
VENDOR(int32_t) rtEventSynchronizeWithTimeout(void *evt, const int32_t timeout) {
  ANSWER(event_sync(evt, timeout), evt, timeout);
}
VENDOR(int32_t) rtEventQueryStatus(void *evt, int *status) { ANSWER(event_query(evt, status), evt, status); }
VENDOR(int32_t) rtStreamWaitEvent(void *stm, void *evt) { ANSWER(event_wait(stm, evt, 0), stm, evt); }
VENDOR(int32_t) rtStreamWaitEventWithTimeout(void *stm, void *evt, uint32_t timeout) {
  ANSWER(event_wait(stm, evt, static_cast<int32_t>(timeout)), stm, evt, timeout);
}
VENDOR(int32_t) rtEventElapsedTime(float *timeInterval, void *startEvent, void *endEvent) {
  ANSWER(event_elapsed(timeInterval, startEvent, endEvent), timeInterval, startEvent, endEvent);
}
VENDOR(int32_t) rtGetLastError(int level) { ANSWER(last_error(level, true), level); }
VENDOR(int32_t) rtPeekAtLastError(int level) { ANSWER(last_error(level, false), level); }
#if STANDIN_RELEASE >= 850
VENDOR(int32_t) rtsDeviceSynchronize(int32_t timeout) { ANSWER(device_sync(timeout), timeout); }
VENDOR(int32_t) rtGetSocSpec(const char *label, const char *key, char *val, const uint32_t maxLen) {
  ANSWER(not_simulated(), label, key, val, maxLen);
}
VENDOR(int32_t) rtsDeviceGetInfo(uint32_t deviceId, int attr, int64_t *val) {
  ANSWER(device_info(deviceId, attr, val), deviceId, attr, val);
}
VENDOR(int32_t) rtsDeviceGetCapability(int32_t deviceId, int32_t devFeatureType, int32_t *val) {
  ANSWER(device_capability(deviceId, devFeatureType, val), deviceId, devFeatureType, val);
}
VENDOR(int32_t) rtsMemGetInfo(int memInfoType, size_t *freeSize, size_t *totalSize) {
  ANSWER(memory_info(memInfoType, freeSize, totalSize), memInfoType, freeSize, totalSize);
}
VENDOR(int32_t) rtsMalloc(void **devPtr, uint64_t size, int policy, int advise, void *cfg) {
  ANSWER(device_malloc_with(devPtr, size, static_cast<uint32_t>(policy), cfg), devPtr, size, policy, advise, cfg);
}
VENDOR(int32_t) rtsFree(void *devPtr) { ANSWER(device_free(devPtr, false), devPtr); }
VENDOR(int32_t) rtsMallocHost(void **hostPtr, uint64_t size, const void *cfg) {
  ANSWER(host_malloc_with(hostPtr, size, cfg), hostPtr, size, cfg);
}
VENDOR(int32_t) rtsFreeHost(void *hostPtr) { ANSWER(host_free(hostPtr, false), hostPtr); }
VENDOR(int32_t) rtsMemcpy(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind, void *config) {
  ANSWER(copy(dst, destMax, src, cnt, kind), dst, destMax, src, cnt, kind, config);
}
VENDOR(int32_t)
rtsMemcpyAsync(void *dst, uint64_t destMax, const void *src, uint64_t cnt, int kind, void *config, void *stm) {
  ANSWER(copy_async(dst, destMax, src, cnt, kind, stm), dst, destMax, src, cnt, kind, config, stm);
}
VENDOR(int32_t) rtsMemset(void *devPtr, uint64_t destMax, uint32_t val, uint64_t cnt) {
  ANSWER(fill(devPtr, destMax, static_cast<int32_t>(val), cnt), devPtr, destMax, val, cnt);
}
VENDOR(int32_t) rtsMemsetAsync(void *ptr, uint64_t destMax, uint32_t val, uint64_t cnt, void *stm) {
  ANSWER(fill_async(ptr, destMax, static_cast<int32_t>(val), cnt, stm), ptr, destMax, val, cnt, stm);
}
VENDOR(int32_t) rtsPointerGetAttributes(const void *ptr, void *attributes) {
  ANSWER(pointer_attributes(ptr, attributes), ptr, attributes);
}
VENDOR(int32_t) rtsHostRegister(void *ptr, uint64_t size, int type, void **devPtr) {
  ANSWER(host_register(ptr, size, static_cast<uint32_t>(type), devPtr), ptr, size, type, devPtr);
}
VENDOR(int32_t) rtsHostUnregister(void *ptr) { ANSWER(host_unregister(ptr), ptr); }
VENDOR(int32_t) rtHostRegisterV2(void *ptr, uint64_t size, uint32_t flag) {
  ANSWER(host_register_v2(ptr, size, flag), ptr, size, flag);
}
VENDOR(int32_t) rtHostGetDevicePointer(void *pHost, void **pDevice, uint32_t flag) {
  ANSWER(host_device_pointer(pHost, pDevice, flag), pHost, pDevice, flag);
}
VENDOR(int32_t) rtsStreamCreate(void **stream, void *config) { ANSWER(not_simulated(), stream, config); }
VENDOR(int32_t) rtsStreamDestroy(void *stm, uint64_t flags) { ANSWER(stream_destroy(stm, flags != 0), stm, flags); }
VENDOR(int32_t) rtsStreamSynchronize(void *stm, int32_t timeout) { ANSWER(stream_sync(stm, timeout), stm, timeout); }
VENDOR(int32_t) rtsEventCreate(void **evt, uint64_t flag) {
  ANSWER(event_create(evt, static_cast<uint32_t>(flag), false), evt, flag);
}
#endif

#if STANDIN_RELEASE >= 900
VENDOR(int32_t) rtHostMemMapCapabilities(uint32_t deviceId, int hacType, int *capabilities) {
  ANSWER(map_capabilities(deviceId, hacType, capabilities), deviceId, hacType, capabilities);
}
#endif
