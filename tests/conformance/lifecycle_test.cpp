// SPDX-License-Identifier: Apache-2.0
//
// Calls before hal_init, after hal_shutdown and in a forked child; counting; selection of backends and devices.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "every_call.hpp"
#include "fixture.hpp"
#include "hal/names.h"

namespace hal::conformance {
namespace {

constexpr Handles kMadeUp = {0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006};

// Ends the process of a death test, with exit code 0 if no expectation failed.
[[noreturn]] void finish() {
  std::fflush(nullptr);
  _exit(testing::Test::HasFailure() ? 1 : 0);
}

// Runs the body in a new process that has not called libhal.
void in_fresh_process(void (*body)()) { EXPECT_EXIT((body(), finish()), testing::ExitedWithCode(0), ""); }

// Expects that every call fails, except those that work before hal_init, and that message or hint contains these words.
void expect_not_running(const Handles &handles, std::initializer_list<const char *> words) {
  const auto check = [&](const char *function, const std::function<hal_status_t()> &call) {
    refuses(HAL_ERR_FAILED_PRECONDITION, function, {}, call);
    for (const char *word : words) EXPECT_NE(last_failure().find(word), std::string::npos) << last_failure();
  };
  for (const Call &call : every_call()) {
    check(call.function, [&] { return call.call(handles); });
  }
  hal_backend_t backend = nullptr;
  check("hal_backend_select", [&] { return hal_backend_select(nullptr, &backend); });
  check("hal_shutdown", [] { return hal_shutdown(); });
}

// In a forked child, hal_init and the pair must fail too.
void expect_forked(const Handles &handles) {
  expect_not_running(handles, {"fork", "spawn"});
  void *host = nullptr;
  void *address = nullptr;
  const std::pair<const char *, std::function<hal_status_t()>> calls[] = {
      {"hal_init", [] { return hal_init(HAL_ABI_DRAFT); }},
      {"mallocHostDeviceShareMem", [&] { return mallocHostDeviceShareMem(0, kPage, &host, &address); }},
      {"freeHostDeviceShareMem", [&] { return freeHostDeviceShareMem(0, &host); }},
  };
  for (const auto &[function, call] : calls) {
    refuses(HAL_ERR_FAILED_PRECONDITION, function, {}, call);
    EXPECT_NE(last_failure().find("spawn"), std::string::npos) << last_failure();
  }
  EXPECT_EQ(host, nullptr);
}

std::string default_backend() {
  hal_backend_t backend = nullptr;
  auto info = sized<hal_backend_info_t>();
  EXPECT_TRUE(ok(hal_backend_select(nullptr, &backend)));
  EXPECT_TRUE(ok(hal_backend_info(backend, &info)));
  return info.name;
}

TEST(EveryCall, IsEachPublicFunctionThatTakesAHandle) {
  std::set<std::string> listed = {// functions without a handle
                                  "freeHostDeviceShareMem",
                                  "mallocHostDeviceShareMem",
                                  "hal_abi_draft",
                                  "hal_backend_select",
                                  "hal_candidate_diagnose",
                                  "hal_candidate_explain_native",
                                  "hal_candidate_info",
                                  "hal_candidate_probe",
                                  "hal_candidate_scan",
                                  "hal_init",
                                  "hal_last_error",
                                  "hal_log_set_callback",
                                  "hal_log_set_level",
                                  "hal_search_path_count",
                                  "hal_search_path_info",
                                  "hal_selection_explain",
                                  "hal_shutdown",
                                  "hal_status_string",
                                  "hal_variable_count",
                                  "hal_variable_info",
                                  "hal_version"};
  for (const Call &call : every_call()) listed.insert(call.function);
  std::set<std::string> all;
#define HAL_INSERT(function, name) all.insert(name);
  HAL_EACH_FUNCTION(HAL_INSERT)
#undef HAL_INSERT
  EXPECT_EQ(listed, all) << "add the new function to every_call.cpp, or to the list above if it takes no handle";
}

TEST(BeforeInit, EveryCallIsAFailedPrecondition) {
  in_fresh_process([] { expect_not_running(kMadeUp, {"hal_init"}); });
}

TEST(BeforeInit, ThePartsThatNeedNoInitWork) {
  in_fresh_process([] {
    auto info = sized<hal_error_info_t>();
    EXPECT_EQ(hal_last_error(&info), HAL_OK);
    EXPECT_EQ(info.status, HAL_OK);
    EXPECT_STREQ(info.message, "");
    EXPECT_STREQ(hal_status_string(HAL_ERR_OUT_OF_RANGE), "OUT_OF_RANGE");
    EXPECT_STREQ(hal_status_string(-77), "UNKNOWN");
    EXPECT_EQ(hal_abi_draft(), HAL_ABI_DRAFT);
    EXPECT_STRNE(hal_version(), "");
    EXPECT_EQ(hal_log_set_level(HAL_LOG_WARN), HAL_OK);
    EXPECT_EQ(hal_log_set_callback(nullptr, nullptr), HAL_OK);
  });
}

TEST(Init, RefusesAnotherDraftAndPrintsBoth) {
  for (const std::uint32_t draft : {0U, HAL_ABI_DRAFT + 1, 4000U}) {
    refuses(HAL_ERR_INCOMPATIBLE, "hal_init", {draft, HAL_ABI_DRAFT}, [&] { return hal_init(draft); });
  }
}

TEST(Init, LeavesThePreconditionUnmetWhenItFails) {
  in_fresh_process([] {
    EXPECT_EQ(hal_init(HAL_ABI_DRAFT + 1), HAL_ERR_INCOMPATIBLE);
    expect_not_running(kMadeUp, {});
  });
}

TEST(Init, LoadsNothingAndStartsNothing) {
  in_fresh_process([] {
    (void)hal_init(0);  // the first call of a thread may set up state
    const Audit audit(nullptr);
    EXPECT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
    EXPECT_TRUE(audit.unchanged());
    EXPECT_TRUE(ok(hal_shutdown()));
  });
}

TEST(Shutdown, IsCounted) {
  in_fresh_process([] {
    EXPECT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
    EXPECT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
    EXPECT_TRUE(ok(hal_shutdown()));
    EXPECT_NE(default_backend(), "");
    EXPECT_TRUE(ok(hal_shutdown()));
    expect_not_running(kMadeUp, {"hal_init"});
  });
}

TEST(Shutdown, CanBeFollowedByAnotherInit) {
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
    EXPECT_NE(default_backend(), "");
    ASSERT_TRUE(ok(hal_shutdown()));
  }
}

class OpenDevice : public Conformance {};

TEST_F(OpenDevice, MakesShutdownBusy) {
  refuses(HAL_ERR_BUSY, "hal_shutdown", {}, [] { return hal_shutdown(); });
  EXPECT_TRUE(ok(hal_device_wait(device_, 0))) << "a refused shutdown changes nothing";
}

TEST_F(OpenDevice, IsTheSameWhenOpenedAgainAndCounted) {
  hal_device_t again = nullptr;
  hal_backend_t backend = nullptr;
  ASSERT_TRUE(ok(hal_backend_select(backend_name_.c_str(), &backend)));
  ASSERT_TRUE(ok(hal_device_open(backend_, HAL_DEVICE_DEFAULT, &again)));
  EXPECT_EQ(again, device_);
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  EXPECT_TRUE(ok(hal_device_close(again))) << "this is not the last close, so memory may exist";
  EXPECT_TRUE(ok(hal_mem_free(Memory(allocate(HAL_MEM_DEVICE, kPage)).release())));
}

TEST_F(OpenDevice, IsBusyToCloseWhileObjectsOfItLive) {
  const auto busy = [&](const char *what) {
    SCOPED_TRACE(what);
    refuses(HAL_ERR_BUSY, "hal_device_close", {1}, [&] { return hal_device_close(device_); });
  };
  for (const hal_mem_kind_t kind : {HAL_MEM_DEVICE, HAL_MEM_HOST_PINNED, HAL_MEM_HOST_MAPPED}) {
    if (!has(kind)) continue;
    const Memory memory = allocate(kind, kPage);
    busy("memory");
  }
  {
    const Pages pages(1);
    const Memory memory = import(pages);
    busy("registered memory");
  }
  {
    const Stream stream(device_);
    busy("stream");
  }
  const Executable executable(device_, object("basics"));
  busy("executable");
}

TEST_F(OpenDevice, HasAHandleThatIsStaleAfterTheLastClose) {
  const hal_device_t closed = std::exchange(device_, nullptr);
  ASSERT_TRUE(ok(hal_device_close(closed)));
  conformance::refuses(HAL_ERR_INVALID_ARGUMENT, "hal_device_close", {closed},
                       [&] { return hal_device_close(closed); });
  conformance::refuses(HAL_ERR_INVALID_ARGUMENT, "hal_device_wait", {closed},
                       [&] { return hal_device_wait(closed, 0); });
}

TEST_F(OpenDevice, LeavesNothingWhenClosedRepeatedly) {
  ASSERT_TRUE(ok(hal_device_close(std::exchange(device_, nullptr))));
  const Audit audit(nullptr);
  for (int round = 0; round < 20; ++round) {
    hal_device_t device = nullptr;
    ASSERT_TRUE(ok(hal_device_open(backend_, HAL_DEVICE_DEFAULT, &device)));
    ASSERT_TRUE(ok(hal_device_close(device)));
  }
  EXPECT_TRUE(audit.unchanged()) << "P10: something of a device stays after the close";
}

TEST_F(OpenDevice, IsUnusableInAForkedChildAndTheHintSaysWhy) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  const Executable executable(device_, object("basics"));
  const auto value = [](auto handle) { return reinterpret_cast<std::uintptr_t>(handle); };
  const Handles handles = {value(backend_),
                           value(device_),
                           value(own_),
                           value(static_cast<hal_mem_t>(memory)),
                           value(static_cast<hal_executable_t>(executable)),
                           value(executable["bump"])};
  if (kSanitized) wait_until_other_threads_sleep();
  const pid_t child = fork();
  if (child == 0) {
    expect_forked(handles);
    finish();
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  EXPECT_TRUE(ok(hal_device_wait(device_, 0))) << "the parent's device stays usable";
}

// The child ends with and without destructors and atexit handlers. Neither affects the device of the parent.
TEST_F(OpenDevice, LivesOnWhenAForkedChildEnds) {
  const Memory memory = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Executable executable(device_, object("basics"));
  for (void (*end)(int) : {static_cast<void (*)(int)>(&_exit), static_cast<void (*)(int)>(&exit)}) {
    if (kSanitized && end == &exit) continue;  // the leak check at exit sees parts of the parent
    std::fflush(nullptr);
    if (kSanitized) wait_until_other_threads_sleep();
    const pid_t child = fork();
    if (child == 0) end(hal_device_wait(device_, 0) == HAL_ERR_FAILED_PRECONDITION ? 0 : 1);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    poke(memory.host<std::uint64_t>(), 0);
    Launch launch(executable["bump"]);
    launch.mem(memory).blocks(5);
    run(launch);
    EXPECT_EQ(*memory.host<std::uint64_t>(), 5U);
  }
}

class Selecting : public Conformance {};

TEST_F(Selecting, GivesTheSameHandleForTheSameName) {
  hal_backend_t again = nullptr;
  ASSERT_TRUE(ok(hal_backend_select(nullptr, &again)));
  EXPECT_EQ(again, backend_);
  ASSERT_TRUE(ok(hal_backend_select("", &again)));
  EXPECT_EQ(again, backend_);
}

TEST_F(Selecting, AnUnknownNameListsWhatThereIs) {
  hal_backend_t backend = nullptr;
  refuses(HAL_ERR_NOT_FOUND, "hal_backend_select", {"z9-board"},
          [&] { return hal_backend_select("z9-board", &backend); });
  EXPECT_NE(last_failure().find(backend_name_), std::string::npos) << last_failure();
  const std::string misspelt = backend_name_ + "m";
  refuses(HAL_ERR_NOT_FOUND, "hal_backend_select", {misspelt},
          [&] { return hal_backend_select(misspelt.c_str(), &backend); });
  EXPECT_NE(last_failure().find(backend_name_ + "m"), std::string::npos);
  EXPECT_TRUE(Value(backend_name_).shown_in(last_failure())) << last_failure();
}

TEST_F(Selecting, BadGrammarIsAnInvalidArgument) {
  hal_backend_t backend = nullptr;
  for (const std::string &spec : {backend_name_ + ":", backend_name_ + ":x", backend_name_ + ":-1", std::string(","),
                                  backend_name_ + ",", backend_name_ + ":99999999999", std::string("a b")}) {
    SCOPED_TRACE(spec);
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_backend_select", {},
            [&] { return hal_backend_select(spec.c_str(), &backend); });
    EXPECT_NE(last_failure().find(spec), std::string::npos) << last_failure();
  }
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_backend_select", {kNull},
          [&] { return hal_backend_select(backend_name_.c_str(), nullptr); });
}

TEST_F(Selecting, AnExplicitOrdinalWins) {
  std::uint32_t count = 0;
  ASSERT_TRUE(ok(hal_device_count(backend_, &count)));
  if (count < 2) GTEST_SKIP() << "one device only";
  hal_backend_t second = nullptr;
  ASSERT_TRUE(ok(hal_backend_select((backend_name_ + ":1").c_str(), &second)));
  auto info = sized<hal_backend_info_t>();
  ASSERT_TRUE(ok(hal_backend_info(second, &info)));
  EXPECT_EQ(info.default_ordinal, 1U);
  hal_device_t device = nullptr;
  ASSERT_TRUE(ok(hal_device_open(second, HAL_DEVICE_DEFAULT, &device)));
  EXPECT_NE(device, device_);
  auto device_info = sized<hal_device_info_t>();
  EXPECT_TRUE(ok(hal_device_info(device, &device_info)));
  EXPECT_EQ(device_info.ordinal, 1U);
  EXPECT_EQ(device_info.backend, backend_name_);
  EXPECT_TRUE(ok(hal_device_close(device)));
}

TEST_F(Selecting, AnUnknownOrdinalIsNotFound) {
  std::uint32_t count = 0;
  ASSERT_TRUE(ok(hal_device_count(backend_, &count)));
  hal_device_t device = nullptr;
  for (const std::uint32_t ordinal : {count, 99'999U, HAL_DEVICE_DEFAULT - 1}) {
    refuses(HAL_ERR_NOT_FOUND, "hal_device_open", {ordinal},
            [&] { return hal_device_open(backend_, ordinal, &device); });
    EXPECT_EQ(device, nullptr);
  }
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_device_open", {kNull}, [&] { return hal_device_open(backend_, 0, nullptr); });
}

// The environment was set before the first call of this process.
void expect_no_simulator() {
  EXPECT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  hal_backend_t backend = nullptr;
  const hal_status_t status = hal_backend_select(nullptr, &backend);
  auto info = sized<hal_backend_info_t>();
  if (status == HAL_OK && hal_backend_info(backend, &info) == HAL_OK) {
    EXPECT_STREQ(info.kind, "onboard");
  } else {
    // INVALID_ARGUMENT: several hardware backends are usable, and none is named.
    EXPECT_TRUE(status == HAL_ERR_NOT_FOUND || status == HAL_ERR_UNAVAILABLE || status == HAL_ERR_INVALID_ARGUMENT)
        << status_name(status);
    EXPECT_NE(last_failure().find("HAL_BACKEND="), std::string::npos) << last_failure();
  }
  EXPECT_TRUE(ok(hal_shutdown()));
}

TEST(SelectingWithoutAName, NeverTakesASimulatorButSaysHow) {
  in_fresh_process([] {
    unsetenv("HAL_BACKEND");
    expect_no_simulator();
  });
  in_fresh_process([] {
    setenv("HAL_BACKEND", "auto", 1);
    expect_no_simulator();
  });
}

TEST(SelectingAList, TakesTheFirstUsableOne) {
  in_fresh_process([] {
    EXPECT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
    const std::string name = default_backend();
    hal_backend_t backend = nullptr;
    EXPECT_TRUE(ok(hal_backend_select((name + "," + name).c_str(), &backend)));
    EXPECT_TRUE(ok(hal_shutdown()));
  });
}

}  // namespace
}  // namespace hal::conformance
