// SPDX-License-Identifier: Apache-2.0
//
// acl: kernel objects, arguments, launches.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclrtBinaryLoadFromFile(const char *binPath, void *options, void **binHandle) {
  ANSWER(binary_from_file(binPath, options, binHandle), binPath, options, binHandle);
}
VENDOR(void *) aclrtCreateBinary(const void *data, size_t dataLen) { PLAIN(binary_create(data, dataLen), nullptr); }
VENDOR(int) aclrtDestroyBinary(void *binary) { ANSWER(binary_destroy(binary), binary); }
VENDOR(int) aclrtBinaryLoad(const void *binary, void **binHandle) {
  ANSWER(binary_load(binary, binHandle), binary, binHandle);
}
VENDOR(int) aclrtBinaryUnLoad(void *binHandle) { ANSWER(binary_unload(binHandle), binHandle); }
VENDOR(int) aclrtBinaryGetFunction(void *const binHandle, const char *kernelName, void **funcHandle) {
  ANSWER(binary_function(binHandle, kernelName, funcHandle), binHandle, kernelName, funcHandle);
}
VENDOR(int) aclrtBinaryGetFunctionByEntry(void *const binHandle, uint64_t funcEntry, void **funcHandle) {
  ANSWER(not_simulated(), binHandle, funcEntry, funcHandle);
}
VENDOR(int) aclrtGetFunctionAddr(void *funcHandle, void **aicAddr, void **aivAddr) {
  ANSWER(function_address(funcHandle, aicAddr, aivAddr), funcHandle, aicAddr, aivAddr);
}
VENDOR(int) aclrtKernelArgsInit(void *funcHandle, void **argsHandle) {
  ANSWER(args_init(funcHandle, argsHandle), funcHandle, argsHandle);
}
VENDOR(int) aclrtKernelArgsInitByUserMem(void *funcHandle, void *argsHandle, void *userHostMem, size_t actualArgsSize) {
  ANSWER(not_simulated(), funcHandle, argsHandle, userHostMem, actualArgsSize);
}
VENDOR(int) aclrtKernelArgsGetMemSize(void *funcHandle, size_t userArgsSize, size_t *actualArgsSize) {
  ANSWER(not_simulated(), funcHandle, userArgsSize, actualArgsSize);
}
VENDOR(int) aclrtKernelArgsGetHandleMemSize(void *funcHandle, size_t *memSize) {
  ANSWER(not_simulated(), funcHandle, memSize);
}
VENDOR(int) aclrtKernelArgsAppend(void *argsHandle, void *param, size_t paramSize, void **paramHandle) {
  ANSWER(args_append(argsHandle, param, paramSize, paramHandle), argsHandle, param, paramSize, paramHandle);
}
VENDOR(int) aclrtKernelArgsAppendPlaceHolder(void *argsHandle, void **paramHandle) {
  ANSWER(args_append_placeholder(argsHandle, paramHandle), argsHandle, paramHandle);
}
VENDOR(int)
aclrtKernelArgsGetPlaceHolderBuffer(void *argsHandle, void *paramHandle, size_t dataSize, void **bufferAddr) {
  ANSWER(args_placeholder_buffer(argsHandle, paramHandle, dataSize, bufferAddr), argsHandle, paramHandle, dataSize,
         bufferAddr);
}
VENDOR(int) aclrtKernelArgsParaUpdate(void *argsHandle, void *paramHandle, void *param, size_t paramSize) {
  ANSWER(args_update(argsHandle, paramHandle, param, paramSize), argsHandle, paramHandle, param, paramSize);
}
VENDOR(int) aclrtKernelArgsFinalize(void *argsHandle) { ANSWER(args_finalize(argsHandle), argsHandle); }
VENDOR(int)
aclrtLaunchKernel(void *funcHandle, uint32_t numBlocks, const void *argsData, size_t argsSize, void *stream) {
  ANSWER(launch_device_args(funcHandle, numBlocks, stream, nullptr, argsData, argsSize), funcHandle, numBlocks,
         argsData, argsSize, stream);
}
VENDOR(int)
aclrtLaunchKernelWithConfig(void *funcHandle, uint32_t numBlocks, void *stream, void *cfg, void *argsHandle,
                            void *reserve) {
  ANSWER(launch_handle(funcHandle, numBlocks, stream, cfg, argsHandle, reserve), funcHandle, numBlocks, stream, cfg,
         argsHandle, reserve);
}
#if STANDIN_RELEASE >= 850
VENDOR(int) aclrtBinaryLoadFromData(const void *data, size_t length, const void *options, void **binHandle) {
  ANSWER(binary_from_data(data, length, options, binHandle), data, length, options, binHandle);
}
VENDOR(int) aclrtGetFunctionName(void *funcHandle, uint32_t maxLen, char *name) {
  ANSWER(function_name(funcHandle, maxLen, name), funcHandle, maxLen, name);
}
VENDOR(int) aclrtGetFunctionAttribute(void *funcHandle, int attrType, int64_t *attrValue) {
  ANSWER(not_simulated(), funcHandle, attrType, attrValue);
}
VENDOR(int) aclrtGetHardwareSyncAddr(void **addr) { ANSWER(not_simulated(), addr); }
VENDOR(int)
aclrtLaunchKernelV2(void *funcHandle, uint32_t numBlocks, const void *argsData, size_t argsSize, void *cfg,
                    void *stream) {
  ANSWER(launch_device_args(funcHandle, numBlocks, stream, cfg, argsData, argsSize), funcHandle, numBlocks, argsData,
         argsSize, cfg, stream);
}
VENDOR(int)
aclrtLaunchKernelWithHostArgs(void *funcHandle, uint32_t numBlocks, void *stream, void *cfg, void *hostArgs,
                              size_t argsSize, void *placeHolderArray, size_t placeHolderNum) {
  ANSWER(launch_host_args(funcHandle, numBlocks, stream, cfg, hostArgs, argsSize, placeHolderArray, placeHolderNum),
         funcHandle, numBlocks, stream, cfg, hostArgs, argsSize, placeHolderArray, placeHolderNum);
}
#endif

#if STANDIN_RELEASE >= 910
VENDOR(int) aclrtGetFunctionSize(void *funcHandle, size_t *aicSize, size_t *aivSize) {
  ANSWER(not_simulated(), funcHandle, aicSize, aivSize);
}
#endif
