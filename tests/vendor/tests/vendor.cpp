// SPDX-License-Identifier: Apache-2.0
#include "vendor.hpp"

#include <sys/mman.h>

#include <filesystem>

namespace vendor {

Pages::Pages(std::size_t count) : size_(count * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  data_ = static_cast<char *>(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  EXPECT_NE(data_, MAP_FAILED);
}

Pages::~Pages() { ::munmap(data_, size_); }

void Opened::SetUp() {
  void *library = ::dlopen(library_path(variant(), "libascendcl.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  look_up(library);
}

void Opened::TearDown() {
  for (std::size_t i = 0; i < standin_violations(); ++i) ADD_FAILURE() << "violation: " << standin_violation(i);
}

void Opened::expect_violation(const std::string &words) {
  EXPECT_EQ(standin_violations(), 1U);
  for (std::size_t i = 0; i < standin_violations(); ++i) {
    EXPECT_NE(std::string(standin_violation(i)).find(words), std::string::npos) << standin_violation(i);
  }
  standin_violations_clear();
}

std::string Opened::recent() {
  const char *text = aclGetRecentErrMsg();
  return text != nullptr ? text : "";
}

standin_call_t Opened::last_call(const std::string &function) {
  standin_call_t call = {};
  for (std::size_t i = standin_calls(); i-- > 0;) {
    if (standin_call(i, &call) == 0 && call.function == function) return call;
  }
  ADD_FAILURE() << function << " was not called";
  return {"", "", 0, 0, 0};
}

void Ready::SetUp() {
  Opened::SetUp();
  if (HasFatalFailure()) return;
  ASSERT_EQ(aclInit(nullptr), 0);
  ASSERT_EQ(aclrtSetDevice(0), 0);
}

void Ready::TearDown() {
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclFinalize(), 0);
  standin_check_closed();
  Opened::TearDown();
}

void *Ready::device_memory(std::size_t bytes) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, bytes, 0), 0);
  return memory;
}

void *Ready::host_memory(std::size_t bytes) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMallocHost(&memory, bytes), 0);
  return memory;
}

void *Ready::map(void *host, uint64_t bytes) {
  void *device = nullptr;
  if (aclrtHostRegisterV2 == nullptr) {
    EXPECT_EQ(aclrtHostRegister(host, bytes, v1_mapped, &device), 0);
  } else {
    EXPECT_EQ(aclrtHostRegisterV2(host, bytes, v2_mapped), 0);
    EXPECT_EQ(aclrtHostGetDevicePointer(host, &device, 0), 0);
  }
  return device;
}

std::size_t threads_of_this_process() {
  std::size_t threads = 0;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator("/proc/self/task")) ++threads;
  return threads;
}

}  // namespace vendor
