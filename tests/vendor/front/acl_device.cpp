// SPDX-License-Identifier: Apache-2.0
//
// acl: initialisation, errors, devices, contexts.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclInit(const char *configPath) { RETURN_CODE(init(configPath), configPath); }
VENDOR(int) aclFinalize() { RETURN_CODE(finalize()); }
VENDOR(int) aclrtGetVersion(int32_t *major, int32_t *minor, int32_t *patch) {
  RETURN_CODE(version(major, minor, patch), major, minor, patch);
}
VENDOR(int) aclsysGetCANNVersion(int name, void *out) { RETURN_CODE(package_version(name, out), name, out); }
VENDOR(const char *) aclGetRecentErrMsg() { RETURN_VALUE(recent_error(), nullptr); }
VENDOR(int) aclrtGetLastError(int level) { RETURN_CODE(last_error(level, true), level); }
VENDOR(int) aclrtPeekAtLastError(int level) { RETURN_CODE(last_error(level, false), level); }
VENDOR(int) aclrtGetDeviceCount(uint32_t *count) { RETURN_CODE(device_count(count), count); }
VENDOR(int) aclrtSetDevice(int32_t deviceId) { RETURN_CODE(set_device(deviceId), deviceId); }
VENDOR(int) aclrtGetDevice(int32_t *deviceId) { RETURN_CODE(get_device(deviceId), deviceId); }
VENDOR(int) aclrtResetDevice(int32_t deviceId) { RETURN_CODE(reset_device(deviceId, false), deviceId); }
VENDOR(int) aclrtResetDeviceForce(int32_t deviceId) { RETURN_CODE(reset_device(deviceId, true), deviceId); }
VENDOR(int) aclrtSynchronizeDevice(void) { RETURN_CODE(device_sync(-1)); }
VENDOR(int) aclrtSynchronizeDeviceWithTimeout(int32_t timeout) { RETURN_CODE(device_sync(timeout), timeout); }
VENDOR(int) aclrtQueryDeviceStatus(int32_t deviceId, int32_t *deviceStatus) {
  RETURN_CODE(device_status(deviceId, deviceStatus), deviceId, deviceStatus);
}
VENDOR(const char *) aclrtGetSocName() { RETURN_VALUE(soc_name(), nullptr); }
VENDOR(int) aclrtGetRunMode(int32_t *runMode) { RETURN_CODE(run_mode(runMode), runMode); }
VENDOR(int) aclrtCreateContext(void **context, int32_t deviceId) {
  RETURN_CODE(create_context(context, deviceId), context, deviceId);
}
VENDOR(int) aclrtDestroyContext(void *context) { RETURN_CODE(destroy_context(context), context); }
VENDOR(int) aclrtSetCurrentContext(void *context) { RETURN_CODE(set_context(context), context); }
VENDOR(int) aclrtGetCurrentContext(void **context) { RETURN_CODE(get_context(context), context); }
#if STANDIN_RELEASE >= 850
VENDOR(int) aclFinalizeReference(uint64_t *refCount) { RETURN_CODE(finalize_reference(refCount), refCount); }
VENDOR(int) aclsysGetVersionStr(char *pkgName, char *versionStr) {
  RETURN_CODE(version_text(pkgName, versionStr), pkgName, versionStr);
}
VENDOR(int) aclsysGetVersionNum(char *pkgName, int32_t *versionNum) {
  RETURN_CODE(version_number(pkgName, versionNum), pkgName, versionNum);
}
VENDOR(int) aclrtGetErrorVerbose(int32_t deviceId, void *errorInfo) {
  RETURN_CODE(not_simulated(), deviceId, errorInfo);
}
VENDOR(int) aclrtGetDeviceInfo(uint32_t deviceId, int attr, int64_t *value) {
  RETURN_CODE(device_info(deviceId, attr, value), deviceId, attr, value);
}
VENDOR(int) aclrtGetDeviceCapability(int32_t deviceId, int feature, int32_t *value) {
  RETURN_CODE(device_capability(deviceId, feature, value), deviceId, feature, value);
}
VENDOR(int) aclrtGetPhyDevIdByLogicDevId(const int32_t logicDevId, int32_t *const phyDevId) {
  RETURN_CODE(visible_to_physical(logicDevId, phyDevId), logicDevId, phyDevId);
}
VENDOR(int) aclrtGetLogicDevIdByUserDevId(const int32_t userDevid, int32_t *const logicDevId) {
  RETURN_CODE(visible_to_physical(userDevid, logicDevId), userDevid, logicDevId);
}
VENDOR(int) aclrtGetPrimaryCtxState(int32_t deviceId, uint32_t *flags, int32_t *active) {
  RETURN_CODE(primary_state(deviceId, flags, active), deviceId, flags, active);
}
VENDOR(int) aclrtCtxGetCurrentDefaultStream(void **stream) { RETURN_CODE(default_stream(stream), stream); }
#endif
