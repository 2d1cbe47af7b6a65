// SPDX-License-Identifier: Apache-2.0
//
// Another component of the process that uses the vendor's runtime without libhal.
#ifndef HAL_TESTS_ONBOARD_VENDOR_USER_HPP_
#define HAL_TESTS_ONBOARD_VENDOR_USER_HPP_

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace hal::onboard::test {

struct VendorUser {
  VendorUser() {
    const char *directory = std::getenv("HAL_ONBOARD_LIBRARY_DIR");
    void *library =
        dlopen((std::string(directory != nullptr ? directory : "") + "/libascendcl.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(library, nullptr) << dlerror();
    look_up(library, "aclInit", init);
    look_up(library, "aclFinalizeReference", finalize_reference);
    look_up(library, "aclFinalize", finalize);
    look_up(library, "aclrtSetDevice", set_device);
    look_up(library, "aclrtResetDevice", reset_device);
    look_up(library, "aclrtCreateContext", create_context);
    look_up(library, "aclrtDestroyContext", destroy_context);
    look_up(library, "aclrtMalloc", malloc);
    look_up(library, "aclrtFree", free);
    look_up(library, "aclrtMemset", memset);
  }

  template <typename Function>
  static void look_up(void *library, const char *name, Function &function) {
    if (library != nullptr) function = reinterpret_cast<Function>(dlsym(library, name));
  }

  int (*init)(const char *) = nullptr;
  int (*finalize_reference)(std::uint64_t *) = nullptr;
  int (*finalize)() = nullptr;
  int (*set_device)(std::int32_t) = nullptr;
  int (*reset_device)(std::int32_t) = nullptr;
  int (*create_context)(void **, std::int32_t) = nullptr;
  int (*destroy_context)(void *) = nullptr;
  int (*malloc)(void **, std::size_t, int) = nullptr;
  int (*free)(void *) = nullptr;
  int (*memset)(void *, std::size_t, std::int32_t, std::size_t) = nullptr;
};

}  // namespace hal::onboard::test

#endif  // HAL_TESTS_ONBOARD_VENDOR_USER_HPP_
