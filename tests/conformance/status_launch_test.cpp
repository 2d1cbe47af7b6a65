// SPDX-License-Identifier: Apache-2.0
//
// The statuses of launches and of kernel objects.
#include <optional>
#include <vector>

#include "fixture.hpp"
#include "requirements.hpp"

namespace hal::conformance {
namespace {

class RefusedLaunch : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    executable_.emplace(device_, object("basics"));
    counter_.emplace(allocate(HAL_MEM_DEVICE, 1024));
    bump_ = (*executable_)["bump"];
    write(*counter_, 0, &zero_, sizeof zero_);
  }
  // A refused launch has not run, and the next launch runs.
  void TearDown() override {
    if (counter_) {
      EXPECT_EQ(read_word<std::uint64_t>(*counter_), 0U) << "a refused launch ran";
      run(Launch(bump_).mem(*counter_));
      EXPECT_EQ(read_word<std::uint64_t>(*counter_), 1U);
    }
    counter_.reset();
    executable_.reset();
    Conformance::TearDown();
  }
  void refuse(hal_status_t want, Launch launch, std::initializer_list<Value> shown, int line = __builtin_LINE()) {
    std::uint64_t ticket = 0;
    refuses(
        want, "hal_kernel_launch", shown, [&] { return launch.submit(&ticket); }, __FILE__, line);
    EXPECT_EQ(ticket, 0U);
  }
  Launch good() { return Launch(bump_).mem(*counter_); }
  void with_argument(hal_status_t want, const std::function<void(hal_arg_t &)> &spoil,
                     std::initializer_list<Value> shown, int line = __builtin_LINE()) {
    Launch launch = good();
    spoil(launch.args[0]);
    refuse(want, std::move(launch), shown, line);
  }

  const std::uint64_t zero_ = 0;
  std::optional<Executable> executable_;
  std::optional<Memory> counter_;
  hal_kernel_t bump_ = nullptr;
};

TEST_F(RefusedLaunch, WithoutADescriptor) {
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_kernel_launch", {kNull}, [] { return hal_kernel_launch(nullptr, nullptr); });
}

TEST_F(RefusedLaunch, OfNoBlocksOrTooMany) {
  const auto most = static_cast<std::uint32_t>(known(HAL_PROPERTY_MAX_BLOCKS).value_or(UINT32_MAX));
  refuse(HAL_ERR_INVALID_ARGUMENT, good().blocks(0), {0});
  if (most == UINT32_MAX) return;
  for (const std::uint32_t blocks : {most + 1, UINT32_MAX}) {
    refuse(HAL_ERR_INVALID_ARGUMENT, good().blocks(blocks), {blocks});
  }
}

TEST_F(RefusedLaunch, WithSomethingInAReservedWord) {
  Launch launch = good();
  launch.desc.reserved0 = 5;
  refuse(HAL_ERR_INVALID_ARGUMENT, launch, {5});
  launch = good();
  launch.desc.flags = 6;
  refuse(HAL_ERR_INVALID_ARGUMENT, launch, {6});
}

TEST_F(RefusedLaunch, WithSomethingInAReservedWordOfAnArgument) {
  with_argument(HAL_ERR_INVALID_ARGUMENT, [](hal_arg_t &arg) { arg.reserved0 = 1; }, {0});
  with_argument(HAL_ERR_INVALID_ARGUMENT, [](hal_arg_t &arg) { arg.rank = 1; }, {0});
  for (int word = 0; word < 4; ++word) {
    with_argument(HAL_ERR_INVALID_ARGUMENT, [&](hal_arg_t &arg) { arg.u.mem.reserved[word] = 1; }, {0});
  }
  Launch scalar = good().scalar(1);
  scalar.args[1].u.words[1] = 1;
  refuse(HAL_ERR_INVALID_ARGUMENT, scalar, {1});
  scalar = good().scalar(1);
  scalar.args[1].offset_bytes = 8;
  refuse(HAL_ERR_INVALID_ARGUMENT, scalar, {1});
  Launch addr = good().addr(counter_->address());
  addr.args[1].mem = *counter_;
  refuse(HAL_ERR_INVALID_ARGUMENT, addr, {1});
}

TEST_F(RefusedLaunch, WithAnArgumentOfTheWrongForm) {
  for (const std::uint8_t type : {0, 5, 200}) {
    with_argument(HAL_ERR_INVALID_ARGUMENT, [&](hal_arg_t &arg) { arg.type = type; }, {type});
  }
  for (const std::uint8_t access : {0, 4, 255}) {
    with_argument(HAL_ERR_INVALID_ARGUMENT, [&](hal_arg_t &arg) { arg.access = access; }, {access});
  }
  refuse(HAL_ERR_INVALID_ARGUMENT, good().scalar(200, 1), {200});
  refuse(HAL_ERR_INVALID_ARGUMENT, good().tensor(*counter_, 200, {4}), {200});
  refuse(HAL_ERR_INVALID_ARGUMENT, good().tensor(*counter_, HAL_DTYPE_F32, {}), {0});
  Launch six = good().tensor(*counter_, HAL_DTYPE_F32, {1, 1, 1, 1, 1});
  six.args[1].rank = 6;
  refuse(HAL_ERR_INVALID_ARGUMENT, six, {6});
}

TEST_F(RefusedLaunch, WithMoreArgumentsThanThereAreSlots) {
  Launch tensors(bump_);
  for (int i = 0; i < 33; ++i) tensors.mem(*counter_);
  refuse(HAL_ERR_INVALID_ARGUMENT, tensors, {32});
  Launch scalars = good();
  for (int i = 0; i < 17; ++i) scalars.scalar(i);
  refuse(HAL_ERR_INVALID_ARGUMENT, scalars, {16});
  Launch words = good().convention(HAL_CONVENTION_C);
  for (int i = 0; i < 48; ++i) words.scalar(i);
  refuse(HAL_ERR_INVALID_ARGUMENT, words, {49});
  Launch absurd = good();
  absurd.desc.args = absurd.args.data();
  absurd.desc.arg_count = UINT32_MAX;
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_kernel_launch", {UINT32_MAX},
          [&] { return hal_kernel_launch(&absurd.desc, nullptr); });
  absurd.desc.args = nullptr;
  absurd.desc.arg_count = 1;
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_kernel_launch", {kNull},
          [&] { return hal_kernel_launch(&absurd.desc, nullptr); });
}

TEST_F(RefusedLaunch, WithATensorAfterAScalar) {
  for (const hal_convention_t convention : {HAL_CONVENTION_ARGS_ARRAY, HAL_CONVENTION_ARGS_DESCRIPTORS}) {
    refuse(HAL_ERR_INVALID_ARGUMENT, good().scalar(1).tensor(*counter_, HAL_DTYPE_F32, {1}).convention(convention),
           {2});
  }
}

TEST_F(RefusedLaunch, WithAnArgumentBeyondItsAllocation) {
  refuse(HAL_ERR_OUT_OF_RANGE, good().mem(*counter_, 0, 1025), {1025});
  refuse(HAL_ERR_OUT_OF_RANGE, good().mem(*counter_, 1025), {1025});
  refuse(HAL_ERR_OUT_OF_RANGE, good().mem(*counter_, 1000, 25), {1000});
  refuse(HAL_ERR_OUT_OF_RANGE, good().mem(*counter_, UINT64_MAX, 2), {UINT64_MAX});
  refuse(HAL_ERR_OUT_OF_RANGE, good().mem(*counter_, 1, UINT64_MAX), {UINT64_MAX});
  refuse(HAL_ERR_OUT_OF_RANGE, good().tensor(*counter_, HAL_DTYPE_F32, {257}), {1028});
  refuse(HAL_ERR_OUT_OF_RANGE, good().tensor(*counter_, HAL_DTYPE_F32, {256}, {}, 4), {1024});
  refuse(HAL_ERR_OUT_OF_RANGE, good().tensor(*counter_, HAL_DTYPE_F32, {2, 4}, {253, 1}), {1028});
  refuse(HAL_ERR_OUT_OF_RANGE, good().tensor(*counter_, HAL_DTYPE_U8, {1U << 31, 1U << 31, 4}), {1});
  refuse(HAL_ERR_OUT_OF_RANGE,
         good().tensor(*counter_, HAL_DTYPE_U64, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}), {1});
}

TEST_F(RefusedLaunch, DoesNotIncludeATensorThatJustFits) {
  run(Launch((*executable_)["copy_words"]).tensor(*counter_, HAL_DTYPE_F32, {2, 4}, {252, 1}).mem(*counter_).scalar(1));
}

TEST_F(RefusedLaunch, OnAnEngineThatCannotReachAnArgument) {
  const Pages pages(1);
  std::vector<Memory> memories;
  for (const hal_mem_kind_t kind : {HAL_MEM_DEVICE, HAL_MEM_HOST_MAPPED, HAL_MEM_HOST_PINNED, HAL_MEM_DEVICE_MAPPED})
    if (has(kind)) memories.push_back(allocate(kind, kPage));
  if (has(HAL_MEM_HOST_IMPORTED)) memories.push_back(import(pages));
  for (const auto &[engine, name] :
       {std::pair{HAL_ENGINE_AIC, "AIC"}, {HAL_ENGINE_AIV, "AIV"}, {HAL_ENGINE_AICPU, "AICPU"}}) {
    SCOPED_TRACE(name);
    for (const Memory &memory : memories) {
      const auto reach = memory.info().can_reach | memory.info().reach_unknown;
      if ((reach & engine) == 0) {
        refuse(HAL_ERR_UNSUPPORTED, good().mem(memory).engine(engine), {name});
        refuse(HAL_ERR_UNSUPPORTED, good().tensor(memory, HAL_DTYPE_F32, {4}).engine(engine), {name});
        continue;
      }
      Launch launch((*executable_)["report_words"]);
      launch.mem(memory, 0, 512).engine(engine);
      std::uint64_t ticket = 0;
      const hal_status_t status = launch.submit(&ticket);
      if (never_has(status)) continue;  // no such engine for this object
      ASSERT_TRUE(ok(status));
      // With an engine in reach_unknown, the launch may fail and lose the device. With one in can_reach, it may not
      // (P7).
      const hal_status_t ended = hal_stream_wait(own_, ticket, kPatienceNs);
      if ((memory.info().can_reach & engine) == 0 && ended != HAL_OK) return;
      ASSERT_TRUE(ok(ended));
    }
  }
}

TEST_F(RefusedLaunch, WithoutExactlyOneKernelEngine) {
  refuse(HAL_ERR_INVALID_ARGUMENT, good().engine(HAL_ENGINE_AIC | HAL_ENGINE_AIV), {Value{"AIC|AIV", "6", "0x6"}});
  refuse(HAL_ERR_INVALID_ARGUMENT, good().engine(std::uint64_t{1} << 40), {std::uint64_t{1} << 40});
  for (const hal_engine_mask_t engine : {HAL_ENGINE_HOST, HAL_ENGINE_SDMA}) {
    Launch launch = good().engine(engine);
    const hal_status_t status = launch.submit();
    EXPECT_TRUE(status == HAL_ERR_INVALID_ARGUMENT || status == HAL_ERR_UNSUPPORTED) << status_name(status);
  }
}

TEST_F(RefusedLaunch, WithAnUnknownConvention) {
  Launch launch = good().convention(9);
  const hal_status_t status = launch.submit();
  EXPECT_TRUE(status == HAL_ERR_INVALID_ARGUMENT || status == HAL_ERR_UNSUPPORTED) << status_name(status);
  EXPECT_TRUE(Value(9).shown_in(last_failure())) << last_failure();
}

TEST_F(RefusedLaunch, DoesNotHoldItsArguments) {
  Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  refuse(HAL_ERR_OUT_OF_RANGE, good().mem(memory).mem(*counter_, 4096), {4096});
  EXPECT_TRUE(ok(memory.free()));
}

// ---- Executables ---------------------------------------------------------------------------------------------------

class RefusedObject : public Conformance {
 protected:
  void refuse(std::span<const std::uint8_t> bytes, std::initializer_list<Value> shown, int line = __builtin_LINE()) {
    hal_executable_t executable = nullptr;
    refuses(
        HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_data", shown,
        [&] { return hal_executable_load_data(device_, bytes.data(), bytes.size(), &executable); }, __FILE__, line);
    EXPECT_EQ(executable, nullptr);
    const TempFile file(bytes);
    refuses(
        HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_file", {},
        [&] { return hal_executable_load_file(device_, file.path().c_str(), &executable); }, __FILE__, line);
    EXPECT_NE(last_failure().find(file.path()), std::string::npos)
        << "the message must name the file: " << last_failure();
    EXPECT_EQ(executable, nullptr);
  }
  // The device stays usable.
  void TearDown() override {
    if (device_ != nullptr && !IsSkipped()) {
      const Executable executable(device_, object("basics"));
      const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
      run(Launch(executable["bump"]).mem(out));
      EXPECT_EQ(*out.host<std::uint64_t>(), 1U);
    }
    Conformance::TearDown();
  }
};

TEST_F(RefusedObject, ThatIsMadeForAnotherBackend) {
  const std::string other = other_backend();
  if (other.empty()) GTEST_SKIP() << "there are no objects of another backend";
  refuse(read_file(object("basics", other)), {other});
}

TEST_F(RefusedObject, ThatIsText) {
  const std::string text = "#!/bin/sh\necho this is not an object\n";
  refuse({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}, {});
}

TEST_F(RefusedObject, ThatIsCutOff) {
  const auto whole = read_file(object("basics"));
  for (const std::size_t size : {std::size_t{1}, std::size_t{4}, std::size_t{16}, std::size_t{63}, std::size_t{64},
                                 std::size_t{200}, whole.size() / 4, whole.size() / 2}) {
    SCOPED_TRACE(size);
    refuse(std::span(whole).first(size), {});
  }
}

TEST_F(RefusedObject, ThatIsForAnotherMachine) {
  auto object_file = read_file(object("basics"));
  object_file[18] = 0x28;  // e_machine: 32-bit ARM
  object_file[19] = 0;
  refuse(object_file, {});
  object_file = read_file(object("basics"));
  object_file[4] = 1;  // EI_CLASS: 32 bits
  refuse(object_file, {});
  object_file = read_file(object("basics"));
  object_file[16] = 1;  // e_type: relocatable
  refuse(object_file, {});
}

TEST_F(RefusedObject, ThatExportsNothingHasNoKernel) {
  hal_executable_t executable = nullptr;
  const hal_status_t status = hal_executable_load_file(device_, object("nothing").c_str(), &executable);
  if (status == HAL_OK) {
    hal_kernel_t kernel = nullptr;
    EXPECT_EQ(hal_executable_find(executable, nullptr, &kernel), HAL_ERR_NOT_FOUND);
    EXPECT_TRUE(ok(hal_executable_unload(executable)));
  } else {
    EXPECT_EQ(status, HAL_ERR_INVALID_ARGUMENT) << last_failure();
  }
}

TEST_F(RefusedObject, ThatIsNotThere) {
  hal_executable_t executable = nullptr;
  const char *path = "/nowhere/at/all/kernel.so";
  refuses(HAL_ERR_NOT_FOUND, "hal_executable_load_file", {path},
          [&] { return hal_executable_load_file(device_, path, &executable); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_file", {kNull},
          [&] { return hal_executable_load_file(device_, nullptr, &executable); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_file", {"/"},
          [&] { return hal_executable_load_file(device_, "/", &executable); });
  const auto bytes = read_file(object("basics"));
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_file", {kNull},
          [&] { return hal_executable_load_file(device_, object("basics").c_str(), nullptr); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_data", {kNull},
          [&] { return hal_executable_load_data(device_, nullptr, 64, &executable); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_data", {0},
          [&] { return hal_executable_load_data(device_, bytes.data(), 0, &executable); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_load_data", {kNull},
          [&] { return hal_executable_load_data(device_, bytes.data(), bytes.size(), nullptr); });
}

TEST_F(RefusedObject, GivesNoKernelThatItDoesNotExport) {
  const Executable executable(device_, object("basics"));
  hal_kernel_t kernel = nullptr;
  for (const char *name : {"no_such_kernel", "not_a_kernel", "bum", "bump2"}) {
    refuses(HAL_ERR_NOT_FOUND, "hal_executable_find", {name},
            [&] { return hal_executable_find(executable, name, &kernel); });
    EXPECT_EQ(kernel, nullptr);
  }
  EXPECT_EQ(hal_executable_find(executable, "", &kernel), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_executable_find(executable, "malloc", &kernel), HAL_ERR_NOT_FOUND)
      << "the C library exports it, not the object";
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_find", {kNull},
          [&] { return hal_executable_find(executable, "bump", nullptr); });
}

TEST_F(RefusedObject, CannotBeUnloadedWhileItRuns) {
  const Held held(device_, object("basics"));
  const hal_executable_t executable = held.executable();
  refuses(HAL_ERR_BUSY, "hal_executable_unload", {object("basics"), held.ticket()},
          [&] { return hal_executable_unload(executable); });
}

}  // namespace
}  // namespace hal::conformance
