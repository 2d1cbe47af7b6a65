// SPDX-License-Identifier: Apache-2.0
//
// Every call and every fault point that a workload passes fails once, each in a run of its own (HAL_FAULTS): what was
// there before can be given back, nothing is left, and a whole workload goes well afterwards.
#include <cstdlib>
#include <map>
#include <mutex>

#include "conformance.hpp"
#include "workload.hpp"

namespace hal::conformance {
namespace {

// How often each function and fault point is passed.
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

// A failure that the function may well have, and after which it can be called again.
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
    const bool able = run_once();  // which also loads what stays for the life of the process
    hal_log_set_callback(ignore, nullptr);
    hal_log_set_level(HAL_LOG_WARN);
    if (!able) GTEST_SKIP() << "this backend is not usable here";
    if (HasFailure()) GTEST_SKIP() << "without any fault the workload must go well";
  }

  void TearDown() override {
    unsetenv("HAL_FAULTS");
    hal_log_set_callback(nullptr, nullptr);
  }

  static void set_faults(const std::string &text) { setenv("HAL_FAULTS", text.c_str(), 1); }

  // False: the backend is not usable here.
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

  // A plugin may also get by without what it was refused, and the pair tells first that the backend never has it.
  static void expect_only(const Workload &workload, const std::string &call, const std::string &status) {
    const std::vector<Workload::Failure> &failures = workload.failures();
    if (failures.empty() && (is_fault_point(call) || (call == "device_close#1" && !workload.is_whole()))) return;
    ASSERT_EQ(failures.size(), 1U) << "the ordered failure, and no other";
    const std::string told_by_probe = "its probe failed with " + status + ": injected by HAL_FAULTS: " + call;
    if (is_fault_point(call) && failures[0].status == HAL_ERR_UNAVAILABLE &&
        failures[0].message.find(told_by_probe) != std::string::npos)
      return;  // of a backend that has to start something before it knows whether it is usable
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
    EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "libhal has not ended";
    EXPECT_TRUE(audit.unchanged());
    // The same HAL_FAULTS: its call has been made. Not if this run got by without it, as with an object used again.
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
  bool whole_ = false;  // the backend has all that the workload uses
};

TEST_F(Sweep, EveryPublicCallCanFailAndLeavesNothing) { sweep(false); }

TEST_F(Sweep, EveryFaultPointOfThePluginCanFailAndLeavesNothing) { sweep(true); }

TEST_F(Sweep, TheWorkloadMakesMostOfThePublicCalls) {
  if (!whole_ && !options.require_all) GTEST_SKIP() << "this backend does not have all that the workload uses";
  for (const char *name : {"init", "backend_select", "device_open", "mem_query", "mem_alloc", "mem_register",
                           "copy_to_device", "copy_from_device", "copy_on_device", "fill", "stream_create",
                           "executable_load_file", "kernel_launch", "stream_wait", "mem_unregister", "device_close",
                           "mallocHostDeviceShareMem", "freeHostDeviceShareMem", "shutdown"})
    EXPECT_GT(listener_.passes[name], 0U) << name;
}

}  // namespace
}  // namespace hal::conformance
