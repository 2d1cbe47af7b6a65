// SPDX-License-Identifier: Apache-2.0
//
// The vendor's functions, looked up by name in the variant that STANDIN_VARIANT names, never linked. Each test runs in
// its own process.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <standin.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace vendor {

#define VENDOR_FUNCTIONS(F)                                                                                 \
  F(int, aclInit, (const char *))                                                                           \
  F(int, aclFinalize, ())                                                                                   \
  F(int, aclFinalizeReference, (uint64_t *))                                                                \
  F(const char *, aclGetRecentErrMsg, ())                                                                   \
  F(int, aclrtGetVersion, (int32_t *, int32_t *, int32_t *))                                                \
  F(int, aclsysGetVersionStr, (char *, char *))                                                             \
  F(int, aclrtGetDeviceCount, (uint32_t *))                                                                 \
  F(int, aclrtSetDevice, (int32_t))                                                                         \
  F(int, aclrtGetDevice, (int32_t *))                                                                       \
  F(int, aclrtResetDevice, (int32_t))                                                                       \
  F(int, aclrtResetDeviceForce, (int32_t))                                                                  \
  F(const char *, aclrtGetSocName, ())                                                                      \
  F(int, aclrtGetDeviceInfo, (uint32_t, int, int64_t *))                                                    \
  F(int, aclrtGetMemInfo, (int, size_t *, size_t *))                                                        \
  F(int, aclrtGetPrimaryCtxState, (int32_t, uint32_t *, int32_t *))                                         \
  F(int, aclrtCreateContext, (void **, int32_t))                                                            \
  F(int, aclrtDestroyContext, (void *))                                                                     \
  F(int, aclrtSetCurrentContext, (void *))                                                                  \
  F(int, aclrtGetCurrentContext, (void **))                                                                 \
  F(int, aclrtMalloc, (void **, size_t, int))                                                               \
  F(int, aclrtFree, (void *))                                                                               \
  F(int, aclrtMallocHost, (void **, size_t))                                                                \
  F(int, aclrtFreeHost, (void *))                                                                           \
  F(int, aclrtMemcpy, (void *, size_t, const void *, size_t, int))                                          \
  F(int, aclrtMemcpyAsync, (void *, size_t, const void *, size_t, int, void *))                             \
  F(int, aclrtMemset, (void *, size_t, int32_t, size_t))                                                    \
  F(int, aclrtHostRegister, (void *, uint64_t, int, void **))                                               \
  F(int, aclrtHostRegisterV2, (void *, uint64_t, uint32_t))                                                 \
  F(int, aclrtHostGetDevicePointer, (void *, void **, uint32_t))                                            \
  F(int, aclrtHostUnregister, (void *))                                                                     \
  F(int, aclrtHostMemMapCapabilities, (uint32_t, int, int *))                                               \
  F(int, aclrtCreateStream, (void **))                                                                      \
  F(int, aclrtDestroyStream, (void *))                                                                      \
  F(int, aclrtSynchronizeStream, (void *))                                                                  \
  F(int, aclrtSynchronizeStreamWithTimeout, (void *, int32_t))                                              \
  F(int, aclrtStreamQuery, (void *, int *))                                                                 \
  F(int, aclrtStreamAbort, (void *))                                                                        \
  F(int, aclrtStreamWaitEvent, (void *, void *))                                                            \
  F(int, aclrtCreateEventWithFlag, (void **, uint32_t))                                                     \
  F(int, aclrtCreateEventExWithFlag, (void **, uint32_t))                                                   \
  F(int, aclrtDestroyEvent, (void *))                                                                       \
  F(int, aclrtRecordEvent, (void *, void *))                                                                \
  F(int, aclrtQueryEventStatus, (void *, int *))                                                            \
  F(int, aclrtSynchronizeEventWithTimeout, (void *, int32_t))                                               \
  F(int, aclrtEventElapsedTime, (float *, void *, void *))                                                  \
  F(int, aclrtBinaryLoadFromFile, (const char *, void *, void **))                                          \
  F(int, aclrtBinaryLoadFromData, (const void *, size_t, const void *, void **))                            \
  F(void *, aclrtCreateBinary, (const void *, size_t))                                                      \
  F(int, aclrtDestroyBinary, (void *))                                                                      \
  F(int, aclrtBinaryLoad, (const void *, void **))                                                          \
  F(int, aclrtBinaryUnLoad, (void *))                                                                       \
  F(int, aclrtBinaryGetFunction, (void *, const char *, void **))                                           \
  F(int, aclrtKernelArgsInit, (void *, void **))                                                            \
  F(int, aclrtKernelArgsAppend, (void *, void *, size_t, void **))                                          \
  F(int, aclrtKernelArgsAppendPlaceHolder, (void *, void **))                                               \
  F(int, aclrtKernelArgsGetPlaceHolderBuffer, (void *, void *, size_t, void **))                            \
  F(int, aclrtKernelArgsFinalize, (void *))                                                                 \
  F(int, aclrtLaunchKernel, (void *, uint32_t, const void *, size_t, void *))                               \
  F(int, aclrtLaunchKernelWithConfig, (void *, uint32_t, void *, void *, void *, void *))                   \
  F(int, aclrtLaunchKernelWithHostArgs, (void *, uint32_t, void *, void *, void *, size_t, void *, size_t)) \
  F(int, rtGetDeviceCount, (int32_t *))                                                                     \
  F(int, rtSetDevice, (int32_t))                                                                            \
  F(int, rtDeviceReset, (int32_t))                                                                          \
  F(int, rtCtxGetCurrent, (void **))                                                                        \
  F(int, rtCtxSetCurrent, (void *))                                                                         \
  F(int, rtGetSocVersion, (char *, uint32_t))                                                               \
  F(int, rtMalloc, (void **, uint64_t, uint32_t, uint16_t))                                                 \
  F(int, rtFree, (void *))                                                                                  \
  F(int, rtMallocHost, (void **, uint64_t, uint16_t))                                                       \
  F(int, rtFreeHost, (void *))                                                                              \
  F(int, rtMemcpyAsync, (void *, uint64_t, const void *, uint64_t, int, void *))                            \
  F(int, rtsHostRegister, (void *, uint64_t, int, void **))                                                 \
  F(int, rtsHostUnregister, (void *))                                                                       \
  F(int, rtStreamCreate, (void **, int32_t))                                                                \
  F(int, rtStreamDestroy, (void *))

struct Functions {
#define VENDOR_POINTER(result, name, parameters) result(*name) parameters = nullptr;
  VENDOR_FUNCTIONS(VENDOR_POINTER)
#undef VENDOR_POINTER

  void look_up(void *library) {
#define VENDOR_LOOK_UP(result, name, parameters) name = reinterpret_cast<result(*) parameters>(::dlsym(library, #name));
    VENDOR_FUNCTIONS(VENDOR_LOOK_UP)
#undef VENDOR_LOOK_UP
  }
};

inline std::string variant() {
  const char *name = std::getenv("STANDIN_VARIANT");
  return name != nullptr ? name : "9.1";
}
inline std::string library_path(const std::string &of_variant, const std::string &file) {
  return std::string(STANDIN_ROOT) + "/" + of_variant + "/lib64/" + file;
}
// 810, 850, 900 or 910.
inline int release() { return std::atoi(variant().c_str()) * 100 + (variant().back() - '0') * 10; }

// Constants from the vendor's headers.
constexpr int host_to_device = 1, device_to_host = 2, device_to_device = 3;
constexpr uint32_t event_sync = 1, event_timeline = 8;
constexpr uint32_t v1_mapped = 0, v2_mapped = 2, v2_pinned = 0x10000000;

// A page-aligned range of memory that the caller owns.
class Pages {
 public:
  explicit Pages(std::size_t count = 1);
  ~Pages();
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;
  char *data() const { return data_; }
  std::size_t size() const { return size_; }
  operator void *() const { return data_; }

 private:
  std::size_t size_;
  char *data_;
};

// The variant's acl library is open but not initialised.
class Opened : public testing::Test, protected Functions {
 protected:
  void SetUp() override;
  // Fails the test if there are unexpected violations.
  void TearDown() override;

  // Expects exactly one violation since the last call, which contains these words.
  void expect_violation(const std::string &words);
  std::string recent();
  // The arguments and the code of the last call of the function.
  standin_call_t last_call(const std::string &function);
};

// Calls aclInit and SetDevice(0), and undoes both at the end.
class Ready : public Opened {
 protected:
  void SetUp() override;
  void TearDown() override;

  void *device_memory(std::size_t bytes);
  void *host_memory(std::size_t bytes);
  // Uses the release's own set of calls.
  void *map(void *host, uint64_t bytes);
};

std::size_t threads_of_this_process();

}  // namespace vendor
