// SPDX-License-Identifier: Apache-2.0
//
// acl: kernel objects, arguments, launches.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclrtBinaryLoadFromFile(const char *binPath, void *options, void **binHandle) {
  RETURN_CODE(binary_from_file(binPath, options, binHandle), binPath, options, binHandle);
}
VENDOR(void *) aclrtCreateBinary(const void *data, size_t dataLen) {
  RETURN_VALUE(binary_create(data, dataLen), nullptr);
}
VENDOR(int) aclrtDestroyBinary(void *binary) { RETURN_CODE(binary_destroy(binary), binary); }
VENDOR(int) aclrtBinaryLoad(const void *binary, void **binHandle) {
  RETURN_CODE(binary_load(binary, binHandle), binary, binHandle);
}
VENDOR(int) aclrtBinaryUnLoad(void *binHandle) { RETURN_CODE(binary_unload(binHandle), binHandle); }
VENDOR(int) aclrtBinaryGetFunction(void *const binHandle, const char *kernelName, void **funcHandle) {
  RETURN_CODE(binary_function(binHandle, kernelName, funcHandle), binHandle, kernelName, funcHandle);
}
VENDOR(int) aclrtBinaryGetFunctionByEntry(void *const binHandle, uint64_t funcEntry, void **funcHandle) {
  RETURN_CODE(not_simulated(), binHandle, funcEntry, funcHandle);
}
VENDOR(int) aclrtGetFunctionAddr(void *funcHandle, void **aicAddr, void **aivAddr) {
  RETURN_CODE(function_address(funcHandle, aicAddr, aivAddr), funcHandle, aicAddr, aivAddr);
}
VENDOR(int) aclrtKernelArgsInit(void *funcHandle, void **argsHandle) {
  RETURN_CODE(args_init(funcHandle, argsHandle), funcHandle, argsHandle);
}
VENDOR(int) aclrtKernelArgsInitByUserMem(void *funcHandle, void *argsHandle, void *userHostMem, size_t actualArgsSize) {
  RETURN_CODE(not_simulated(), funcHandle, argsHandle, userHostMem, actualArgsSize);
}
VENDOR(int) aclrtKernelArgsGetMemSize(void *funcHandle, size_t userArgsSize, size_t *actualArgsSize) {
  RETURN_CODE(not_simulated(), funcHandle, userArgsSize, actualArgsSize);
}
VENDOR(int) aclrtKernelArgsGetHandleMemSize(void *funcHandle, size_t *memSize) {
  RETURN_CODE(not_simulated(), funcHandle, memSize);
}
VENDOR(int) aclrtKernelArgsAppend(void *argsHandle, void *param, size_t paramSize, void **paramHandle) {
  RETURN_CODE(args_append(argsHandle, param, paramSize, paramHandle), argsHandle, param, paramSize, paramHandle);
}
VENDOR(int) aclrtKernelArgsAppendPlaceHolder(void *argsHandle, void **paramHandle) {
  RETURN_CODE(args_append_placeholder(argsHandle, paramHandle), argsHandle, paramHandle);
}
VENDOR(int)
aclrtKernelArgsGetPlaceHolderBuffer(void *argsHandle, void *paramHandle, size_t dataSize, void **bufferAddr) {
  RETURN_CODE(args_placeholder_buffer(argsHandle, paramHandle, dataSize, bufferAddr), argsHandle, paramHandle, dataSize,
              bufferAddr);
}
VENDOR(int) aclrtKernelArgsParaUpdate(void *argsHandle, void *paramHandle, void *param, size_t paramSize) {
  RETURN_CODE(args_update(argsHandle, paramHandle, param, paramSize), argsHandle, paramHandle, param, paramSize);
}
VENDOR(int) aclrtKernelArgsFinalize(void *argsHandle) { RETURN_CODE(args_finalize(argsHandle), argsHandle); }
VENDOR(int)
aclrtLaunchKernel(void *funcHandle, uint32_t numBlocks, const void *argsData, size_t argsSize, void *stream) {
  RETURN_CODE(launch_device_args(funcHandle, numBlocks, stream, nullptr, argsData, argsSize), funcHandle, numBlocks,
              argsData, argsSize, stream);
}
VENDOR(int)
aclrtLaunchKernelWithConfig(void *funcHandle, uint32_t numBlocks, void *stream, void *cfg, void *argsHandle,
                            void *reserve) {
  RETURN_CODE(launch_handle(funcHandle, numBlocks, stream, cfg, argsHandle, reserve), funcHandle, numBlocks, stream,
              cfg, argsHandle, reserve);
}
#if STANDIN_RELEASE >= 850
VENDOR(int) aclrtBinaryLoadFromData(const void *data, size_t length, const void *options, void **binHandle) {
  RETURN_CODE(binary_from_data(data, length, options, binHandle), data, length, options, binHandle);
}
VENDOR(int) aclrtGetFunctionName(void *funcHandle, uint32_t maxLen, char *name) {
  RETURN_CODE(function_name(funcHandle, maxLen, name), funcHandle, maxLen, name);
}
VENDOR(int) aclrtGetFunctionAttribute(void *funcHandle, int attrType, int64_t *attrValue) {
  RETURN_CODE(not_simulated(), funcHandle, attrType, attrValue);
}
VENDOR(int) aclrtGetHardwareSyncAddr(void **addr) { RETURN_CODE(not_simulated(), addr); }
VENDOR(int)
aclrtLaunchKernelV2(void *funcHandle, uint32_t numBlocks, const void *argsData, size_t argsSize, void *cfg,
                    void *stream) {
  RETURN_CODE(launch_device_args(funcHandle, numBlocks, stream, cfg, argsData, argsSize), funcHandle, numBlocks,
              argsData, argsSize, cfg, stream);
}
VENDOR(int)
aclrtLaunchKernelWithHostArgs(void *funcHandle, uint32_t numBlocks, void *stream, void *cfg, void *hostArgs,
                              size_t argsSize, void *placeHolderArray, size_t placeHolderNum) {
  RETURN_CODE(
      launch_host_args(funcHandle, numBlocks, stream, cfg, hostArgs, argsSize, placeHolderArray, placeHolderNum),
      funcHandle, numBlocks, stream, cfg, hostArgs, argsSize, placeHolderArray, placeHolderNum);
}
#endif

#if STANDIN_RELEASE >= 910
VENDOR(int) aclrtGetFunctionSize(void *funcHandle, size_t *aicSize, size_t *aivSize) {
  RETURN_CODE(not_simulated(), funcHandle, aicSize, aivSize);
}
#endif
