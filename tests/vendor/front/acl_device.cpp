// SPDX-License-Identifier: Apache-2.0
//
// acl: initialisation, errors, devices, contexts.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclInit(const char *configPath) { ANSWER(init(configPath), configPath); }
VENDOR(int) aclFinalize() { ANSWER(finalize()); }
VENDOR(int) aclrtGetVersion(int32_t *major, int32_t *minor, int32_t *patch) {
  ANSWER(version(major, minor, patch), major, minor, patch);
}
VENDOR(int) aclsysGetCANNVersion(int name, void *out) { ANSWER(package_version(name, out), name, out); }
VENDOR(const char *) aclGetRecentErrMsg() { PLAIN(recent_error(), nullptr); }
VENDOR(int) aclrtGetLastError(int level) { ANSWER(last_error(level, true), level); }
VENDOR(int) aclrtPeekAtLastError(int level) { ANSWER(last_error(level, false), level); }
VENDOR(int) aclrtGetDeviceCount(uint32_t *count) { ANSWER(device_count(count), count); }
VENDOR(int) aclrtSetDevice(int32_t deviceId) { ANSWER(set_device(deviceId), deviceId); }
VENDOR(int) aclrtGetDevice(int32_t *deviceId) { ANSWER(get_device(deviceId), deviceId); }
VENDOR(int) aclrtResetDevice(int32_t deviceId) { ANSWER(reset_device(deviceId, false), deviceId); }
VENDOR(int) aclrtResetDeviceForce(int32_t deviceId) { ANSWER(reset_device(deviceId, true), deviceId); }
VENDOR(int) aclrtSynchronizeDevice(void) { ANSWER(device_sync(-1)); }
VENDOR(int) aclrtSynchronizeDeviceWithTimeout(int32_t timeout) { ANSWER(device_sync(timeout), timeout); }
VENDOR(int) aclrtQueryDeviceStatus(int32_t deviceId, int32_t *deviceStatus) {
  ANSWER(device_status(deviceId, deviceStatus), deviceId, deviceStatus);
}
VENDOR(const char *) aclrtGetSocName() { PLAIN(soc_name(), nullptr); }
VENDOR(int) aclrtGetRunMode(int32_t *runMode) { ANSWER(run_mode(runMode), runMode); }
VENDOR(int) aclrtCreateContext(void **context, int32_t deviceId) {
  ANSWER(create_context(context, deviceId), context, deviceId);
}
VENDOR(int) aclrtDestroyContext(void *context) { ANSWER(destroy_context(context), context); }
VENDOR(int) aclrtSetCurrentContext(void *context) { ANSWER(set_context(context), context); }
VENDOR(int) aclrtGetCurrentContext(void **context) { ANSWER(get_context(context), context); }
#if STANDIN_RELEASE >= 850
VENDOR(int) aclFinalizeReference(uint64_t *refCount) { ANSWER(finalize_reference(refCount), refCount); }
VENDOR(int) aclsysGetVersionStr(char *pkgName, char *versionStr) {
  ANSWER(version_text(pkgName, versionStr), pkgName, versionStr);
}
VENDOR(int) aclsysGetVersionNum(char *pkgName, int32_t *versionNum) {
  ANSWER(version_number(pkgName, versionNum), pkgName, versionNum);
}
VENDOR(int) aclrtGetErrorVerbose(int32_t deviceId, void *errorInfo) { ANSWER(not_simulated(), deviceId, errorInfo); }
VENDOR(int) aclrtGetDeviceInfo(uint32_t deviceId, int attr, int64_t *value) {
  ANSWER(device_info(deviceId, attr, value), deviceId, attr, value);
}
VENDOR(int) aclrtGetDeviceCapability(int32_t deviceId, int feature, int32_t *value) {
  ANSWER(device_capability(deviceId, feature, value), deviceId, feature, value);
}
VENDOR(int) aclrtGetPhyDevIdByLogicDevId(const int32_t logicDevId, int32_t *const phyDevId) {
  ANSWER(visible_to_physical(logicDevId, phyDevId), logicDevId, phyDevId);
}
VENDOR(int) aclrtGetLogicDevIdByUserDevId(const int32_t userDevid, int32_t *const logicDevId) {
  ANSWER(visible_to_physical(userDevid, logicDevId), userDevid, logicDevId);
}
VENDOR(int) aclrtGetPrimaryCtxState(int32_t deviceId, uint32_t *flags, int32_t *active) {
  ANSWER(primary_state(deviceId, flags, active), deviceId, flags, active);
}
VENDOR(int) aclrtCtxGetCurrentDefaultStream(void **stream) { ANSWER(default_stream(stream), stream); }
#endif
