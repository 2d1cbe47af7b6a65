// SPDX-License-Identifier: Apache-2.0
//
// The statuses for wrong handles and structs: every call detects each of them.
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "every_call.hpp"
#include "fixture.hpp"
#include "requirements.hpp"

namespace hal::conformance {
namespace {

std::uintptr_t value_of(auto handle) { return reinterpret_cast<std::uintptr_t>(handle); }

class WrongHandle : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const hal_mem_kind_t kind : {HAL_MEM_DEVICE, HAL_MEM_HOST_MAPPED, HAL_MEM_HOST_PINNED})
      if (!memory_ && has(kind)) memory_.emplace(allocate(kind, kPage));
    ASSERT_TRUE(memory_) << "the device has no kind of memory";
    stream_.emplace(device_);
    good_ = {
        value_of(backend_), value_of(device_), value_of(hal_stream_t{*stream_}), value_of(hal_mem_t{*memory_}), 0, 0};
    if (!has_kernels(device_)) return;
    executable_.emplace(device_, object("basics"));
    good_[kExecutable] = value_of(hal_executable_t{*executable_});
    good_[kKernel] = value_of((*executable_)["bump"]);
  }
  void TearDown() override {
    memory_.reset();
    executable_.reset();
    stream_.reset();
    Conformance::TearDown();
  }
  // Expects that every call with a subject of this sort refuses the value.
  void expect_refused(Sort sort, std::uintptr_t value) {
    Handles handles = good_;
    handles[sort] = value;
    for (const Call &call : every_call()) {
      if (call.subject != sort || (value == 0 && call.null_is_meant)) continue;
      // Submits need DEVICE memory; they would refuse other memory first.
      if (call.null_is_meant && memory_->info().kind != HAL_MEM_DEVICE) continue;
      // Without kernels, another handle of a launch is wrong too.
      if (good_[kKernel] == 0 && sort != kKernel && std::string_view(call.function) == "hal_kernel_launch") continue;
      refuses(HAL_ERR_INVALID_ARGUMENT, call.function, {value == 0 ? kNull : Value(value)},
              [&] { return call.call(handles); });
    }
  }

  Handles good_{};
  std::optional<Memory> memory_;
  std::optional<Executable> executable_;
  std::optional<Stream> stream_;
};

TEST_F(WrongHandle, ThatIsNullIsRefused) {
  for (std::size_t sort = 0; sort < kSorts; ++sort) expect_refused(static_cast<Sort>(sort), 0);
}

TEST_F(WrongHandle, ThatIsGarbageIsRefused) {
  for (std::size_t sort = 0; sort < kSorts; ++sort) {
    for (const std::uintptr_t garbage :
         {std::uintptr_t{0x1234}, UINTPTR_MAX, good_[sort] ^ (std::uintptr_t{1} << 62), value_of(&good_)}) {
      expect_refused(static_cast<Sort>(sort), garbage);
    }
  }
}

TEST_F(WrongHandle, OfAnotherSortIsRefused) {
  for (std::size_t sort = 0; sort < kSorts; ++sort) {
    for (std::size_t other = 0; other < kSorts; ++other) {
      if (sort != other && good_[other] != 0) expect_refused(static_cast<Sort>(sort), good_[other]);
    }
  }
}

TEST_F(WrongHandle, ThatIsStaleIsRefusedAlsoWhenItsPlaceIsTakenAgain) {
  const hal_mem_kind_t kind = memory_->info().kind;
  const std::uintptr_t memory = value_of(Memory(allocate(kind, kPage)).operator hal_mem_t());
  const std::uintptr_t stream = value_of(Stream(device_).operator hal_stream_t());
  std::uintptr_t executable = 0;
  std::uintptr_t kernel = 0;
  if (executable_) {
    const Executable gone(device_, object("basics"));
    executable = value_of(hal_executable_t{gone});
    kernel = value_of(gone["bump"]);
  }
  for (const bool taken : {false, true}) {
    std::optional<Memory> new_memory;
    std::optional<Stream> new_stream;
    std::optional<Executable> new_executable;
    if (taken) {
      new_memory.emplace(allocate(kind, kPage));
      new_stream.emplace(device_);
    }
    if (taken && executable_) {
      new_executable.emplace(device_, object("basics"));
      EXPECT_NE((*new_executable)["bump"], nullptr);
    }
    expect_refused(kMem, memory);
    expect_refused(kStream, stream);
    if (!executable_) continue;
    expect_refused(kExecutable, executable);
    expect_refused(kKernel, kernel);
  }
}

TEST_F(WrongHandle, OfAnotherDeviceIsRefused) {
  std::uint32_t count = 0;
  ASSERT_TRUE(ok(hal_device_count(backend_, &count)));
  auto info = sized<hal_device_info_t>();
  ASSERT_TRUE(ok(hal_device_info(device_, &info)));
  if (count < 2) GTEST_SKIP() << "one device only";
  hal_device_t other = nullptr;
  ASSERT_TRUE(ok(hal_device_open(backend_, info.ordinal == 0 ? 1 : 0, &other)));
  {
    const Memory foreign(other, describe(HAL_MEM_DEVICE, kPage));
    const Stream foreign_stream(other);
    const hal_mem_t mem = foreign;
    const hal_stream_t stream = foreign_stream;
    std::uint8_t byte = 0;
    std::uint64_t ticket = 0;
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_kernel_launch", {0},
            [&] { return Launch((*executable_)["bump"]).mem(mem).submit(); });
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_kernel_launch", {},
            [&] { return Launch((*executable_)["bump"]).mem(*memory_).on(stream).submit(); });
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_to_device", {},
            [&] { return hal_copy_to_device(stream, *memory_, 0, &byte, 1, &ticket); });
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_from_device", {},
            [&] { return hal_copy_from_device(*stream_, &byte, mem, 0, 1, &ticket); });
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_on_device", {},
            [&] { return hal_copy_on_device(own_, *memory_, 0, mem, 0, 8, &ticket); });
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_fill", {}, [&] { return hal_fill(own_, mem, 0, 8, 1, &ticket); });
  }
  EXPECT_TRUE(ok(hal_device_close(other)));
}

TEST_F(WrongHandle, OfTheDevicesOwnStreamCannotBeDestroyed) {
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_destroy", {own_}, [&] { return hal_stream_destroy(own_); });
  std::uint64_t completed = 0;
  EXPECT_TRUE(ok(hal_stream_query(own_, &completed)));
}

TEST_F(WrongHandle, ThatIsAStreamWithWorkIsBusyToDestroy) {
  const Held held(device_, object("basics"), *stream_);
  const hal_stream_t stream = *stream_;
  refuses(HAL_ERR_BUSY, "hal_stream_destroy", {stream}, [&] { return hal_stream_destroy(stream); });
}

// ---- Structs -------------------------------------------------------------------------------------------------------

// A struct of a later draft: this struct with 64 bytes after it.
template <typename T>
struct Later {
  T ours = sized<T>();
  std::uint8_t tail[64] = {};
  Later() { ours.struct_size = sizeof(Later); }
};

class StructSize : public Conformance {
 protected:
  template <typename T, typename Run>
  void expect_output_rules(const char *function, Run run) {
    SCOPED_TRACE(function);
    Later<T> later;
    std::memset(later.tail, 0xab, sizeof later.tail);
    ASSERT_TRUE(ok(run(&later.ours)));
    for (const std::uint8_t byte : later.tail)
      ASSERT_EQ(byte, 0xab) << "libhal writes no more than the struct that it knows";
    auto same = sized<T>();
    ASSERT_TRUE(ok(run(&same)));
    const auto head = sizeof same.struct_size;
    EXPECT_EQ(std::memcmp(reinterpret_cast<char *>(&same) + head, reinterpret_cast<char *>(&later.ours) + head,
                          sizeof same - head),
              0);
    for (const std::uint32_t size : {0U, 3U}) {
      same.struct_size = size;
      refuses(HAL_ERR_INVALID_ARGUMENT, function, {size}, [&] { return run(&same); });
    }
    refuses(HAL_ERR_INVALID_ARGUMENT, function, {kNull}, [&] { return run(static_cast<T *>(nullptr)); });
  }
  // good is an input with which run succeeds.
  template <typename T, typename Run>
  void expect_input_rules(const char *function, const T &good, Run run) {
    SCOPED_TRACE(function);
    Later<T> later;
    later.ours = good;
    later.ours.struct_size = sizeof later;
    EXPECT_TRUE(ok(run(&later.ours))) << "a longer struct with zeros at the end is accepted";
    later.tail[8] = 1;
    refuses(HAL_ERR_UNSUPPORTED, function, {sizeof(T) + 8}, [&] { return run(&later.ours); });
    for (const std::uint32_t size : {0U, 4U}) {
      T small = good;
      small.struct_size = size;
      refuses(HAL_ERR_INVALID_ARGUMENT, function, {size}, [&] { return run(&small); });
    }
  }
};

TEST_F(StructSize, OfAnswersOfEveryBackendIsRespected) {
  const auto desc = describe(HAL_MEM_HOST_PINNED, kPage);
  expect_output_rules<hal_backend_info_t>("hal_backend_info",
                                          [&](auto *out) { return hal_backend_info(backend_, out); });
  expect_output_rules<hal_device_info_t>("hal_device_info", [&](auto *out) { return hal_device_info(device_, out); });
  expect_output_rules<hal_mem_caps_t>("hal_mem_query", [&](auto *out) { return hal_mem_query(device_, &desc, out); });
  expect_output_rules<hal_error_info_t>("hal_last_error", [](auto *out) { return hal_last_error(out); });
  expect_output_rules<hal_mem_info_t>("hal_mem_lookup_host",
                                      [&](auto *out) { return hal_mem_lookup_host(device_, &desc, out); });
}

TEST_F(StructSize, OfAQuestionOfEveryBackendIsRespected) {
  expect_input_rules("hal_mem_query", describe(HAL_MEM_HOST_PINNED, kPage), [&](const hal_mem_desc_t *given) {
    auto caps = sized<hal_mem_caps_t>();
    return hal_mem_query(device_, given, &caps);
  });
}

TEST_F(StructSize, OfAnswersIsRespected) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  const Executable executable(device_, object("basics"));
  const hal_kernel_t kernel = executable["bump"];
  expect_output_rules<hal_mem_info_t>("hal_mem_info", [&](auto *out) { return hal_mem_info(memory, out); });
  expect_output_rules<hal_kernel_info_t>("hal_kernel_info", [&](auto *out) { return hal_kernel_info(kernel, out); });
  expect_output_rules<hal_mem_info_t>(
      "hal_mem_lookup_device", [&](auto *out) { return hal_mem_lookup_device(device_, memory.address() + 1, out); });
}

TEST_F(StructSize, OfDescriptorsIsRespected) {
  const auto desc = describe(HAL_MEM_DEVICE, kPage);
  expect_input_rules("hal_mem_alloc", desc, [&](const hal_mem_desc_t *given) {
    hal_mem_t mem = nullptr;
    const hal_status_t status = hal_mem_alloc(device_, given, &mem);
    return status == HAL_OK ? hal_mem_free(mem) : status;
  });
  const Pages pages(1);
  expect_input_rules("hal_mem_register", describe_range(pages.data(), kPage), [&](const hal_mem_desc_t *given) {
    hal_mem_t mem = nullptr;
    const hal_status_t status = hal_mem_register(device_, given, &mem);
    return status == HAL_OK ? hal_mem_unregister(mem) : status;
  });
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  Launch launch(executable["bump"]);
  launch.mem(counter);
  launch.desc.args = launch.args.data();
  launch.desc.arg_count = 1;
  expect_input_rules("hal_kernel_launch", launch.desc, [&](const hal_launch_desc_t *given) {
    std::uint64_t ticket = 0;
    const hal_status_t status = hal_kernel_launch(given, &ticket);
    if (status == HAL_OK) wait(ticket);
    return status;
  });
  EXPECT_EQ(*counter.host<std::uint64_t>(), 1U) << "exactly one launch is valid and runs";
}

}  // namespace
}  // namespace hal::conformance
