/* SPDX-License-Identifier: Apache-2.0
 * For the test of check.cpp itself: some functions with the signatures of the fact sheet. A macro makes one of them
 * wrong. */
#include <stddef.h>
#include <stdint.h>
typedef int aclError;
typedef void *aclrtStream;
typedef enum aclrtMemcpyKind { ACL_MEMCPY_HOST_TO_HOST } aclrtMemcpyKind;
typedef enum aclrtHostRegisterType { ACL_HOST_REGISTER_MAPPED } aclrtHostRegisterType;
#ifdef WRONG_POINTER
typedef int64_t aclrtStreamStatus;
#else
typedef enum aclrtStreamStatus { ACL_STREAM_STATUS_COMPLETE } aclrtStreamStatus;
#endif
#ifdef WRONG_WIDTH
typedef uint64_t flag_t;
#else
typedef uint32_t flag_t;
#endif
#ifdef WRONG_ARITY
aclError aclrtHostRegister(void *ptr, uint64_t size, uint32_t flags);
#else
aclError aclrtHostRegister(void *ptr, uint64_t size, aclrtHostRegisterType type, void **devPtr);
#endif
aclError aclInit(const char *configPath);
aclError aclrtHostRegisterV2(void *ptr, uint64_t size, flag_t flag);
aclError aclrtStreamQuery(aclrtStream stream, aclrtStreamStatus *status);
aclError aclrtMemcpyAsync(void *dst, size_t destMax, const void *src, size_t count, aclrtMemcpyKind kind,
                          aclrtStream stream);
