// SPDX-License-Identifier: Apache-2.0
//
// The variants that cannot run a program, and those with only one family.
#include "vendor.hpp"

namespace vendor {
namespace {

void *open(const std::string &path) { return ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); }

TEST(Variant, WithoutADriverDoesNotOpenAndTheErrorNamesTheLibrary) {
  EXPECT_EQ(open(library_path("driver-missing", "libascendcl.so")), nullptr);
  EXPECT_NE(std::string(::dlerror()).find("libascend_hal.so"), std::string::npos);
}

TEST(Variant, ThatIsShortLacksOneCoreFunction) {
  void *library = open(library_path("short", "libascendcl.so"));
  ASSERT_NE(library, nullptr) << ::dlerror();
  EXPECT_EQ(::dlsym(library, "aclrtMemsetAsync"), nullptr);
  EXPECT_NE(::dlsym(library, "aclrtMemcpyAsync"), nullptr);
  EXPECT_NE(::dlsym(library, "rtMalloc"), nullptr) << "dlsym also searches the libraries that it needs";
}

TEST(Variant, ThatIsAStubReturns100039FromEveryCall) {
  void *library = open(std::string(STANDIN_ROOT) + "/stub/devlib/linux/lib64/libascendcl.so");
  ASSERT_NE(library, nullptr) << ::dlerror();
  Functions f;
  f.look_up(library);
  uint32_t count = 7;
  EXPECT_EQ(f.aclInit(nullptr), 100039);
  EXPECT_EQ(f.aclrtGetDeviceCount(&count), 100039);
  EXPECT_EQ(count, 7U);
  EXPECT_EQ(f.aclrtGetSocName(), nullptr);
  EXPECT_EQ(standin_calls(), 0U);
}

TEST(Variant, WithoutADeviceCountsNone) {
  void *library = open(library_path("no-device", "libascendcl.so"));
  ASSERT_NE(library, nullptr) << ::dlerror();
  Functions f;
  f.look_up(library);
  uint32_t count = 7;
  EXPECT_EQ(f.aclrtGetDeviceCount(&count), 0);
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(f.aclInit(nullptr), 500000);
}

TEST(Variant, WithOnlyTheInternalFamilyHasNoFunctionsOfTheOther) {
  void *library = open(library_path("rt-9.1", "libruntime.so"));
  ASSERT_NE(library, nullptr) << ::dlerror();
  Functions f;
  f.look_up(library);
  EXPECT_EQ(f.aclInit, nullptr);
  EXPECT_EQ(::dlsym(library, "rtHostRegister"), nullptr) << "no release declares it";
  EXPECT_EQ(::dlsym(library, "rtHostUnregister"), nullptr) << "no release declares it";
  EXPECT_EQ(f.rtSetDevice(0), 0);
  const Pages pages;
  void *memory = nullptr, *stream = nullptr, *mapped = nullptr;
  EXPECT_EQ(f.rtMalloc(&memory, 64, 0, 0), 0);
  EXPECT_EQ(f.rtStreamCreate(&stream, 0), 0);
  EXPECT_EQ(f.rtsHostRegister(pages, pages.size(), 0, &mapped), 0);
  EXPECT_NE(mapped, static_cast<void *>(pages));
  EXPECT_EQ(f.rtsHostUnregister(pages), 0);
  EXPECT_EQ(f.rtsHostUnregister(nullptr), 107000) << "the acl layer, which would return 100000, is missing";
  EXPECT_EQ(f.rtStreamDestroy(stream), 0);
  EXPECT_EQ(f.rtFree(memory), 0);
  EXPECT_EQ(f.rtCtxSetCurrent(nullptr), 107000);
  EXPECT_EQ(f.rtDeviceReset(0), 0);
  EXPECT_EQ(standin_check_closed(), 0U);
  EXPECT_EQ(standin_violations(), 0U);
}

TEST(Variant, WithTheInternalFamilyOf81CannotRegister) {
  void *library = open(library_path("rt-8.1", "libruntime.so"));
  ASSERT_NE(library, nullptr) << ::dlerror();
  Functions f;
  f.look_up(library);
  EXPECT_EQ(f.rtsHostRegister, nullptr);
  EXPECT_EQ(f.rtsHostUnregister, nullptr);
  EXPECT_NE(f.rtMalloc, nullptr);
}

TEST(Variant, WithTheThinFrontEndHasACompleteAclLibrary) {
  void *library = open(library_path("acl-rt", "libacl_rt.so"));
  ASSERT_NE(library, nullptr) << ::dlerror();
  Functions f;
  f.look_up(library);
  EXPECT_NE(f.aclrtHostRegisterV2, nullptr);
  EXPECT_EQ(f.aclrtHostMemMapCapabilities, nullptr) << "it is release 8.5";
  EXPECT_EQ(f.aclInit(nullptr), 0);
  EXPECT_EQ(f.aclFinalize(), 0);
}

TEST(VariantDeathTest, TwoReleasesInOneProcessEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        open(library_path("9.1", "libascendcl.so"));
        open(library_path("8.5", "libascendcl.so"));
      },
      "this process uses release 910 and cannot also open release 850");
}

}  // namespace
}  // namespace vendor
