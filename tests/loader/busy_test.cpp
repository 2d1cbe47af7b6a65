// SPDX-License-Identifier: Apache-2.0
//
// Calls that fail with BUSY while libhal finds, loads or asks plugins: hal_shutdown, and a load from a callback.
#include <functional>
#include <future>
#include <thread>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

class Busy : public Loader {
 protected:
  void SetUp() override {
    hal_log_set_callback(&Busy::on_message, this);
    hal_log_set_level(HAL_LOG_INFO);
  }

  void TearDown() override {
    hal_log_set_level(HAL_LOG_WARN);
    Loader::TearDown();
  }

  // Calls `then` once, from the log callback, when a message contains these words.
  void when_logged(const std::string &words, std::function<void()> then) {
    awaited = words;
    act = std::move(then);
    acted = false;
  }

  void try_shutdown() {
    answer = hal_shutdown();
    message = last_message();
  }

  // hal_shutdown fails with BUSY during this call, and succeeds after it.
  void expect_busy_shutdown_in(const char *what, const std::string &words, const std::function<hal_status_t()> &call) {
    SCOPED_TRACE(what);
    when_logged(words, [this] { try_shutdown(); });
    EXPECT_EQ(call(), HAL_OK) << last_message();
    EXPECT_TRUE(acted) << "the call did not log " << words;
    EXPECT_EQ(answer, HAL_ERR_BUSY);
    EXPECT_TRUE(contains(message, "another call is finding, loading or asking plugins")) << message;
    EXPECT_EQ(hal_shutdown(), HAL_OK) << "after the call: " << last_message();
    ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK) << last_message();
  }

  static void on_message(void *user, hal_log_level_t, const char *, const char *text) {
    auto &self = *static_cast<Busy *>(user);
    if (self.acted || self.awaited.empty() || !contains(text, self.awaited)) return;
    self.acted = true;
    self.act();
  }

  static void shutdown_from(void *user, const hal_finding_t *) { static_cast<Busy *>(user)->try_shutdown(); }

  static hal_native_error_t sized_error() {
    hal_native_error_t error = {};
    error.struct_size = sizeof(error);
    return error;
  }

  std::string awaited;
  std::function<void()> act;
  bool acted = false;
  hal_status_t answer = HAL_OK;
  std::string message;
};

TEST_F(Busy, IsReturnedByShutdownWhilePluginsAreFoundLoadedOrAsked) {
  const fs::path probed = machine.add_plugin("fake-sim", "probed");
  const fs::path explained = machine.add_plugin("fake-sim", "explained");
  const fs::path chosen = machine.add_plugin("fake-sim", "chosen");
  const auto look_in = [&](const fs::path &file) {
    stop();
    setenv("HAL_PLUGIN_PATH", file.parent_path().c_str(), 1);
    return index_of(file);
  };
  std::uint32_t index = look_in(probed);
  expect_busy_shutdown_in("hal_candidate_probe", "loaded " + probed.string(),
                          [&] { return hal_candidate_probe(index); });

  index = look_in(explained);
  hal_native_error_t error = sized_error();
  expect_busy_shutdown_in("hal_candidate_explain_native", "loaded " + explained.string(),
                          [&] { return hal_candidate_explain_native(index, "fake", 42, &error); });
  EXPECT_EQ(error.status, HAL_ERR_BUSY) << "the plugin's status of the code";

  look_in(chosen);
  hal_backend_t backend = nullptr;
  expect_busy_shutdown_in("hal_backend_select", "loaded " + chosen.string(),
                          [&] { return hal_backend_select("fake-sim", &backend); });

  const fs::path text = machine.add_text();
  setenv("HAL_PLUGIN_FILES", text.c_str(), 1);
  stop();
  start();
  std::uint32_t count = 0;
  expect_busy_shutdown_in("hal_candidate_scan", text.string(), [&] { return hal_candidate_scan(&count); });
}

TEST_F(Busy, IsReturnedByShutdownWhileTheSelectionIsExplained) {
  const fs::path file = machine.add_hardware_plugin();
  start();
  hal_selection_info_t info = {};
  info.struct_size = sizeof(info);
  expect_busy_shutdown_in("hal_selection_explain", "loaded " + file.string(),
                          [&] { return hal_selection_explain(&info); });
}

TEST_F(Busy, IsReturnedByShutdownDuringADiagnosis) {
  const std::uint32_t index = index_of(machine.add_good_plugin());
  EXPECT_EQ(hal_candidate_diagnose(index, &Busy::shutdown_from, this), HAL_OK) << last_message();
  EXPECT_EQ(answer, HAL_ERR_BUSY) << message;
  EXPECT_EQ(describe(index).name, "fake-sim") << "nothing has changed";
}

TEST_F(Busy, IsReturnedByShutdownWhileAnotherThreadProbes) {
  const fs::path file = machine.add_good_plugin();
  const std::uint32_t index = index_of(file);
  std::promise<void> loaded;
  std::promise<void> tried;
  when_logged("loaded " + file.string(), [&] {
    loaded.set_value();
    tried.get_future().wait();
  });
  std::thread prober([&] { EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message(); });
  loaded.get_future().wait();
  try_shutdown();
  tried.set_value();
  prober.join();
  EXPECT_EQ(answer, HAL_ERR_BUSY) << message;
  EXPECT_EQ(describe(index).status, HAL_CANDIDATE_USABLE) << "the result of the probe is kept";
}

TEST_F(Busy, IsReturnedByALoadFromACallbackOfAnotherLoadWhichContinues) {
  // libhal warns about this misspelt variable while it attaches the plugin.
  setenv("HAL_FAKE_PRESENTT", "1", 1);
  const fs::path good = machine.add_good_plugin();
  const fs::path other = machine.add_hardware_plugin();
  const std::uint32_t index = index_of(good);
  const std::uint32_t other_index = index_of(other);
  std::vector<hal_status_t> answers;
  when_logged("HAL_FAKE_PRESENTT", [&] {
    answers.push_back(hal_candidate_probe(index));
    message = last_message();
    answers.push_back(hal_candidate_probe(other_index));
    hal_native_error_t error = sized_error();
    answers.push_back(hal_candidate_explain_native(index, "fake", 42, &error));
    hal_backend_t backend = nullptr;
    answers.push_back(hal_backend_select("fake-sim", &backend));
    EXPECT_EQ(backend, nullptr);
    EXPECT_EQ(describe(index).status, HAL_CANDIDATE_UNPROBED) << "nothing has changed";
  });
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
  unsetenv("HAL_FAKE_PRESENTT");
  ASSERT_TRUE(acted);
  EXPECT_EQ(answers, std::vector<hal_status_t>(4, HAL_ERR_BUSY));
  EXPECT_TRUE(contains(message, "this thread is loading a plugin")) << message;
  EXPECT_EQ(describe(index).status, HAL_CANDIDATE_USABLE);
  EXPECT_EQ(describe(other_index).status, HAL_CANDIDATE_UNPROBED);
  EXPECT_EQ(hal_candidate_probe(other_index), HAL_OK) << last_message();
  EXPECT_EQ(describe(other_index).status, HAL_CANDIDATE_USABLE);
}

TEST_F(Busy, IsNotReturnedOnceThePluginHasBeenLoaded) {
  const fs::path good = machine.add_good_plugin();
  const std::uint32_t index = index_of(good);
  when_logged("loaded " + good.string(), [&] { answer = hal_candidate_probe(index); });
  EXPECT_EQ(hal_candidate_probe(index), HAL_OK) << last_message();
  EXPECT_TRUE(acted);
  EXPECT_EQ(answer, HAL_OK) << "from the callback that logs the load";
}

}  // namespace
}  // namespace hal::test
