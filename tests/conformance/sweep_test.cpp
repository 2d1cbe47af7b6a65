// SPDX-License-Identifier: Apache-2.0
//
// Every call and every fault point of a workload fails once, each in a run of its own (HAL_FAULTS). After the failure,
// all objects can be freed, nothing is left, and a complete workload succeeds.
#include <cstdlib>
#include <map>
#include <mutex>

#include "conformance.hpp"
#include "workload.hpp"

namespace hal::conformance {
namespace {

// How often the workload reaches each function and fault point.
using Passes = std::map<std::string, std::uint64_t>;

struct Listener {
  std::mutex mutex;
  Passes passes;
};

void listen(void *user, hal_log_level_t, const char *, const char *message) {
  constexpr std::string_view kPrefix = "HAL_FAULTS: ";
  const std::string_view text = message;
  const std::size_t hash = text.find('#');
  if (!text.starts_with(kPrefix) || hash == std::string_view::npos) return;
  auto &listener = *static_cast<Listener *>(user);
  const std::lock_guard lock(listener.mutex);
  ++listener.passes[std::string(text.substr(kPrefix.size(), hash - kPrefix.size()))];
}

void ignore(void *, hal_log_level_t, const char *, const char *) {}

bool is_fault_point(const std::string &name) { return name.find('.') != std::string::npos; }

// Returns a failure that is realistic for the function, and after which it can be called again.
const char *plausible(const std::string &name) {
  if (name == "stream_wait" || name == "device_wait") return "TIMEOUT";
  for (const char *part : {"close", "free", "unregister", "unload", "destroy", "shutdown"})
    if (name.find(part) != std::string::npos) return "BUSY";
  return "OUT_OF_MEMORY";
}

class Sweep : public testing::Test {
 protected:
  void SetUp() override {
    set_faults("none");
    hal_log_set_level(HAL_LOG_TRACE);
    hal_log_set_callback(listen, &listener_);
    const bool able = run_once();  // this also loads what stays loaded as long as the process
    hal_log_set_callback(ignore, nullptr);
    hal_log_set_level(HAL_LOG_WARN);
    if (!able) GTEST_SKIP() << "this backend is not usable here";
    if (HasFailure()) GTEST_SKIP() << "the workload must succeed without an injected failure";
  }

  void TearDown() override {
    unsetenv("HAL_FAULTS");
    hal_log_set_callback(nullptr, nullptr);
  }

  static void set_faults(const std::string &text) { setenv("HAL_FAULTS", text.c_str(), 1); }

  // Returns false if the backend is not usable here.
  bool run_once() {
    Workload workload;
    workload.run();
    workload.clean_up();
    for (const Workload::Failure &failure : workload.failures()) {
      if (failure.status == HAL_ERR_UNAVAILABLE && !options.require_backend) return false;
      ADD_FAILURE() << status_name(failure.status) << ": " << failure.message;
    }
    whole_ = workload.is_whole();
    return true;
  }

  // No failure is accepted too: a plugin may work without the refused resource, and the pair may first report that the
  // backend never has it.
  static void expect_only(const Workload &workload, const std::string &call, const std::string &status) {
    const std::vector<Workload::Failure> &failures = workload.failures();
    if (failures.empty() && (is_fault_point(call) || (call == "device_close#1" && !workload.is_whole()))) return;
    ASSERT_EQ(failures.size(), 1U) << "the injected failure must be the only one";
    const std::string probe_message = "its probe failed with " + status + ": injected by HAL_FAULTS: " + call;
    if (is_fault_point(call) && failures[0].status == HAL_ERR_UNAVAILABLE &&
        failures[0].message.find(probe_message) != std::string::npos)
      return;  // the probe of this backend has to start something to know whether the backend is usable
    EXPECT_EQ(hal_status_string(failures[0].status), status);
    EXPECT_EQ(failures[0].message, "injected by HAL_FAULTS: " + call);
  }

  void run_with(const std::string &call, const std::string &status) {
    SCOPED_TRACE(call + "=" + status);
    set_faults(call + "=" + status);
    const Audit audit(nullptr);
    Workload workload;
    workload.run();
    workload.clean_up();
    expect_only(workload, call, status);
    EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "libhal is still started";
    EXPECT_TRUE(audit.unchanged());
    // Run again with the same HAL_FAULTS, whose call is in the past. If this run did not reach it, unset HAL_FAULTS
    // first.
    if (workload.failures().empty()) set_faults("none");
    EXPECT_TRUE(run_once());
    EXPECT_TRUE(audit.unchanged());
  }

  void sweep(bool fault_points) {
    std::uint64_t runs = 0;
    for (const auto &[name, count] : listener_.passes) {
      if (is_fault_point(name) != fault_points) continue;
      for (std::uint64_t number = 1; number <= count && !HasFailure(); ++number, ++runs)
        run_with(name + "#" + std::to_string(number), plausible(name));
    }
    RecordProperty("runs", std::to_string(runs));
    if (runs == 0) GTEST_SKIP() << "this backend has no fault points";
  }

  Listener listener_;
  bool whole_ = false;  // the backend has everything that the workload uses
};

TEST_F(Sweep, EveryPublicCallCanFailAndLeavesNothing) { sweep(false); }

TEST_F(Sweep, EveryFaultPointOfThePluginCanFailAndLeavesNothing) { sweep(true); }

TEST_F(Sweep, TheWorkloadMakesMostOfThePublicCalls) {
  if (!whole_ && !options.require_all) GTEST_SKIP() << "this backend does not have everything that the workload uses";
  for (const char *name : {"init", "backend_select", "device_open", "mem_query", "mem_alloc", "mem_register",
                           "copy_to_device", "copy_from_device", "copy_on_device", "fill", "stream_create",
                           "executable_load_file", "kernel_launch", "stream_wait", "mem_unregister", "device_close",
                           "mallocHostDeviceShareMem", "freeHostDeviceShareMem", "shutdown"})
    EXPECT_GT(listener_.passes[name], 0U) << name;
}

}  // namespace
}  // namespace hal::conformance
