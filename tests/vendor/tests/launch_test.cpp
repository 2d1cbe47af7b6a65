// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects and launches.
#include <cstring>
#include <fstream>
#include <iterator>

#include "vendor.hpp"

namespace vendor {
namespace {

std::string object_path(const std::string &backend) {
  return std::string(STANDIN_KERNELS) + "/" + backend + "/words.o";
}

std::vector<char> read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

struct PlaceHolder {
  uint32_t address_offset, data_offset;
};
struct Attribute {
  uint32_t id, value[4];
};
struct Config {
  Attribute *attributes;
  std::size_t count;
};

class Objects : public Ready {
 protected:
  // With the release's own launch style.
  int load(const std::vector<char> &bytes, void **binary) {
    if (aclrtBinaryLoadFromData != nullptr) return aclrtBinaryLoadFromData(bytes.data(), bytes.size(), nullptr, binary);
    void *description = aclrtCreateBinary(bytes.data(), bytes.size());
    if (description == nullptr) return 100000;
    const int code = aclrtBinaryLoad(description, binary);
    EXPECT_EQ(aclrtDestroyBinary(description), 0);
    return code;
  }
};

class Launches : public Objects {
 protected:
  void SetUp() override {
    Objects::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_EQ(load(read(object_path("a2a3-onboard")), &binary), 0);
    ASSERT_EQ(aclrtCreateStream(&stream), 0);
  }
  void TearDown() override {
    EXPECT_EQ(aclrtDestroyStream(stream), 0);
    EXPECT_EQ(aclrtBinaryUnLoad(binary), 0);
    Objects::TearDown();
  }
  void *function(const char *name) {
    void *handle = nullptr;
    EXPECT_EQ(aclrtBinaryGetFunction(binary, name, &handle), 0) << name;
    return handle;
  }
  // Passes the words as parameters of the kernel, with an argument handle, which every release supports.
  int launch(const char *name, std::vector<uint64_t> words, uint32_t blocks = 1, Config *config = nullptr) {
    void *arguments = nullptr, *parameter = nullptr;
    void *handle = function(name);
    EXPECT_EQ(aclrtKernelArgsInit(handle, &arguments), 0);
    for (uint64_t &word : words) EXPECT_EQ(aclrtKernelArgsAppend(arguments, &word, 8, &parameter), 0);
    EXPECT_EQ(aclrtKernelArgsFinalize(arguments), 0);
    return aclrtLaunchKernelWithConfig(handle, blocks, stream, config, arguments, nullptr);
  }
  template <std::size_t N>
  void fetch(int64_t (&out)[N], void *device) {
    EXPECT_EQ(aclrtMemcpy(out, sizeof out, device, sizeof out, device_to_host), 0);
  }

  void *binary = nullptr, *stream = nullptr;
};

class HostArguments : public Launches {};  // since 8.5

uint64_t number(const void *address) { return reinterpret_cast<uint64_t>(address); }

TEST_F(Objects, WithoutTheMarkAreRefused) {
  void *binary = nullptr;
  EXPECT_EQ(load(read(STANDIN_UNMARKED), &binary), 107000);
  EXPECT_NE(recent().find("lacks the mark of the stand-in"), std::string::npos);
  EXPECT_EQ(load({'n', 'o', 'n', 'e'}, &binary), 107000);
  EXPECT_EQ(load({}, &binary), 100000);
}

TEST_F(Objects, OfAnotherChipAreRefused) {
  void *binary = nullptr;
  EXPECT_EQ(load(read(object_path("a5-onboard")), &binary), 107000);
  EXPECT_NE(recent().find("the object is for chip a5"), std::string::npos);
}

TEST_F(Objects, TruncatedAtAnyOffsetAreRefused) {
  const std::vector<char> whole = read(object_path("a2a3-onboard"));
  for (std::size_t bytes = 1; bytes < 4096 && bytes < whole.size(); bytes = bytes * 3 / 2 + 1) {
    void *binary = nullptr;
    EXPECT_NE(load({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)}, &binary), 0) << bytes;
  }
}

TEST_F(Objects, OfAFileNeedAnAbsolutePath) {
  void *binary = nullptr;
  EXPECT_EQ(aclrtBinaryLoadFromFile("words.o", nullptr, &binary), 100003);
  EXPECT_EQ(aclrtBinaryLoadFromFile("/no/such/words.o", nullptr, &binary), 107009);
  EXPECT_EQ(aclrtBinaryLoadFromFile(object_path("a2a3-onboard").c_str(), nullptr, &binary), 0);
  EXPECT_EQ(aclrtBinaryUnLoad(binary), 0);
  EXPECT_EQ(aclrtBinaryUnLoad(binary), 107017);
}

TEST_F(Launches, OfAnUnknownKernelReturn100029) {
  void *handle = nullptr;
  EXPECT_EQ(aclrtBinaryGetFunction(binary, "no_such_kernel", &handle), 100029);
}

TEST_F(Launches, PassTheWordsToEachBlockAsParameters) {
  void *out = device_memory(3 * 32);
  EXPECT_EQ(launch("report", {number(out), 7, static_cast<uint64_t>(-8)}, 3), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  int64_t words[12];
  fetch(words, out);
  for (int block = 0; block < 3; ++block) {
    EXPECT_EQ(words[4 * block], block);
    EXPECT_EQ(words[4 * block + 1], 3);
    EXPECT_EQ(words[4 * block + 2], 7);
    EXPECT_EQ(words[4 * block + 3], -8);
  }
  EXPECT_EQ(aclrtFree(out), 0);
}

TEST_F(Launches, ReadAndWriteMappedHostMemoryThroughTheDevicesAddress) {
  const Pages pages;
  pages.data()[5] = 41;
  void *device = map(pages, pages.size());
  EXPECT_EQ(launch("add_to_bytes", {number(device), 6}), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  EXPECT_EQ(pages.data()[5], 42);
  EXPECT_EQ(pages.data()[6], 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  EXPECT_EQ(pages.data()[5], 42) << "the caller sees what the kernel wrote";
}

TEST_F(Launches, UseAPlaceHolderOfAHandle) {
  void *out = device_memory(64), *handle = function("follow"), *arguments = nullptr, *parameter = nullptr;
  void *buffer = nullptr;
  EXPECT_EQ(aclrtKernelArgsInit(handle, &arguments), 0);
  EXPECT_EQ(aclrtKernelArgsAppendPlaceHolder(arguments, &parameter), 0);
  EXPECT_EQ(aclrtKernelArgsGetPlaceHolderBuffer(arguments, parameter, 32, &buffer), 0);
  const uint64_t data[4] = {number(out), 2, 11, 22};
  std::memcpy(buffer, data, sizeof data);
  EXPECT_EQ(aclrtLaunchKernelWithConfig(handle, 1, stream, nullptr, arguments, nullptr), 107000) << "not finalised";
  EXPECT_EQ(aclrtKernelArgsFinalize(arguments), 0);
  EXPECT_EQ(aclrtLaunchKernelWithConfig(handle, 1, stream, nullptr, arguments, nullptr), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  int64_t words[2];
  fetch(words, out);
  EXPECT_EQ(words[0], 11);
  EXPECT_EQ(words[1], 22);
  EXPECT_EQ(aclrtFree(out), 0);
}

TEST_F(HostArguments, AreCopiedBeforeTheCallReturnsAndPlaceHoldersAreFilled) {
  void *out = device_memory(64);
  struct {
    uint64_t slot;
    uint64_t padding[3];
    uint64_t data[5];
  } packed = {0xdead, {}, {number(out), 3, 1, 2, 3}};
  PlaceHolder slot = {0, offsetof(decltype(packed), data)};
  void *handle = function("follow");
  EXPECT_EQ(aclrtLaunchKernelWithHostArgs(handle, 1, stream, nullptr, &packed, sizeof packed, &slot, 1), 0);
  std::memset(&packed, 0xff, sizeof packed);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  int64_t words[3];
  fetch(words, out);
  EXPECT_EQ(words[0], 1);
  EXPECT_EQ(words[2], 3);
  EXPECT_EQ(aclrtFree(out), 0);
}

TEST_F(HostArguments, MayHavePlaceHolderSlotsInsideTheirData) {
  void *out = device_memory(64);
  struct {
    uint64_t words, more;  // parameters, followed by data
    uint64_t data[4];
    uint64_t further;
  } packed = {0, 0, {number(out), 2, 0, 7}, 42};
  PlaceHolder slots[] = {{0, offsetof(decltype(packed), data)},
                         {offsetof(decltype(packed), data) + 16, offsetof(decltype(packed), further)}};
  EXPECT_EQ(aclrtLaunchKernelWithHostArgs(function("follow"), 1, stream, nullptr, &packed, sizeof packed, slots, 2), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  int64_t words[2];
  fetch(words, out);
  uint64_t further = 0;
  EXPECT_NE(words[0], 0) << "the device address of the data";
  EXPECT_EQ(words[1], 7);
  EXPECT_EQ(standin_peek(static_cast<uint64_t>(words[0]), &further, sizeof further), -1)
      << "the launch's memory was freed";
  EXPECT_EQ(aclrtFree(out), 0);
}

TEST_F(HostArguments, WithAnInvalidPlaceHolderAreRefused) {
  uint64_t packed[4] = {};
  void *handle = function("follow");
  const PlaceHolder bad[] = {{0, 32}, {4, 16}, {32, 16}, {28, 8}};
  for (PlaceHolder one : bad) {
    EXPECT_EQ(aclrtLaunchKernelWithHostArgs(handle, 1, stream, nullptr, packed, sizeof packed, &one, 1), 107000)
        << one.address_offset << ", " << one.data_offset;
  }
  EXPECT_EQ(aclrtLaunchKernelWithHostArgs(handle, 0, stream, nullptr, packed, sizeof packed, nullptr, 0), 107000);
}

TEST_F(Launches, WithArgumentsInHostMemoryAreAViolation) {
  uint64_t words[1] = {};
  EXPECT_EQ(aclrtLaunchKernel(function("fault"), 1, words, sizeof words, stream), 107000);
  expect_violation("is not device memory");
}

// Kernels that fail, and the state of the device afterwards.
class Faults : public Launches {
 protected:
  void expect_poisoned(int code) {
    EXPECT_EQ(aclrtSynchronizeStream(stream), code);
    void *memory = nullptr;
    EXPECT_EQ(aclrtMalloc(&memory, 64, 0), code) << "the context is poisoned";
  }
};

TEST_F(Faults, AnAccessToAHostAddressIsAnException) {
  static char byte = 0;
  const Pages pages;
  map(pages, pages.size());
  EXPECT_EQ(launch("touch", {number(pages.data())}), 0);
  expect_poisoned(507035);
  EXPECT_EQ(pages.data()[0], 0);
  EXPECT_EQ(byte, 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 0) << "releases still work";
}

TEST_F(Faults, ThatAreInjectedAreAnExceptionOrATimeoutOfTheVectorCore) {
  EXPECT_EQ(launch("fault", {}), 0);
  expect_poisoned(507035);
}

TEST_F(Faults, AKernelThatRunsTooLongIsATimeout) {
  EXPECT_EQ(launch("overrun", {}), 0);
  expect_poisoned(507034);
}

TEST_F(Faults, AnEndlessKernelEndsAtItsTimeLimit) {
  Attribute limit = {8, {20000, 0, 0, 0}};  // µs
  Config config = {&limit, 1};
  if (release() < 850) {
    standin_set("TIMEOUT_MS", "20");
    EXPECT_EQ(launch("endless", {}, 1, &config), 107000) << "this release does not have the attribute";
  }
  EXPECT_EQ(launch("endless", {}, 1, release() < 850 ? nullptr : &config), 0);
  expect_poisoned(507034);
}

TEST_F(Faults, AnAbortEndsAnEndlessKernel) {
  EXPECT_EQ(launch("endless", {}), 0);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream, 1), 507046);
  EXPECT_EQ(aclrtStreamAbort(stream), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
}

TEST_F(Faults, AResetMakesTheDeviceUsableAgain) {
  EXPECT_EQ(launch("fault", {}), 0);
  expect_poisoned(507035);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
  EXPECT_EQ(aclrtBinaryUnLoad(binary), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  ASSERT_EQ(load(read(object_path("a2a3-onboard")), &binary), 0);
  ASSERT_EQ(aclrtCreateStream(&stream), 0);
  void *out = device_memory(32);
  EXPECT_EQ(launch("report", {number(out), 1, 2}), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  EXPECT_EQ(aclrtFree(out), 0);
}

TEST_F(Faults, WithPoisonedReleasesKeepAllObjectsAndAResetRemovesThem) {
  standin_set("POISON", "release");
  void *memory = device_memory(64);
  EXPECT_EQ(launch("fault", {}), 0);
  expect_poisoned(507035);
  EXPECT_EQ(aclrtFree(memory), 507035);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  standin_set("POISON", "");
  EXPECT_EQ(aclrtSetDevice(0), 0);
  ASSERT_EQ(load(read(object_path("a2a3-onboard")), &binary), 0);
  ASSERT_EQ(aclrtCreateStream(&stream), 0);
}

}  // namespace
}  // namespace vendor
