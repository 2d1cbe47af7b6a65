// SPDX-License-Identifier: Apache-2.0
//
// Makes every vendor call of a workload fail once with each plausible code. Then the status must be that of
// native_errors.def, the error must name the function, the code and a hint, and nothing may be left in the vendor's
// runtime.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "onboard/native_errors.hpp"
#include "over_standin.hpp"

namespace hal::onboard::test {
namespace {

// Uses every kind of operation. It stops at the first call that fails and releases everything. A release that fails is
// called once more.
class Work {
 public:
  bool run() {
    return open() && reset() && allocate() && load() && submit() &&
           succeeded(hal_stream_wait(stream_, ticket_, kPatienceNs)) &&
           succeeded(hal_device_wait(device_, kPatienceNs)) && succeeded(hal_stream_query(stream_, &completed_)) &&
           check();
  }

  void clean_up() {
    if (device_ != nullptr) end_work();
    for (hal_mem_t mem : memories_) again([&] { return hal_mem_free(mem); });
    if (imported_ != nullptr) again([&] { return hal_mem_unregister(imported_); });
    if (executable_ != nullptr) again([&] { return hal_executable_unload(executable_); });
    if (stream_ != nullptr) again([&] { return hal_stream_destroy(stream_); });
    if (device_ != nullptr) again([&] { return hal_device_close(device_); });
    if (up_) again([] { return hal_shutdown(); });
  }

  const std::vector<ErrorReport> &failures() const { return failures_; }

 private:
  bool succeeded(hal_status_t status) {
    if (status == HAL_OK) return true;
    failures_.push_back(last_error());
    return false;
  }

  void again(const std::function<hal_status_t()> &call) {
    if (!succeeded(call())) {
      EXPECT_TRUE(ok(call())) << "a failed call changes nothing, so it can be repeated";
    }
  }

  // Every wait reports work that failed.
  void end_work() {
    if (hal_device_wait(device_, kPatienceNs) == HAL_OK) return;
    if (failures_.empty()) failures_.push_back(last_error());
    (void)hal_device_wait(device_, kPatienceNs);  // the injected failure may have ended the first wait before the work
  }

  bool open() {
    std::uint32_t count = 0;
    std::uint64_t free_bytes = 0;
    if (!succeeded(hal_init(HAL_ABI_DRAFT))) return false;
    up_ = true;
    return succeeded(hal_backend_select(nullptr, &backend_)) && succeeded(hal_device_count(backend_, &count)) &&
           succeeded(hal_device_open(backend_, 0, &device_)) &&
           succeeded(hal_device_query(device_, HAL_PROPERTY_MEMORY_FREE_BYTES, &free_bytes)) &&
           succeeded(hal_stream_create(device_, 0, &stream_));
  }

  // A reset destroys every object even if it fails; the device is then lost.
  bool reset() {
    if (!allocate(HAL_MEM_HOST_MAPPED, mapped_)) return false;
    const hal_status_t status = hal_device_reset(device_);
    // If an earlier release failed, the runtime still counts that use, so libhal sees another user of the device.
    if (status == HAL_ERR_FAILED_PRECONDITION && last_error().native_code == 0) return true;
    const bool done = succeeded(status);
    memories_.clear();
    stream_ = nullptr;
    return done && succeeded(hal_stream_create(device_, 0, &stream_));
  }

  bool allocate(hal_mem_kind_t kind, hal_mem_t &mem) {
    const hal_mem_desc_t desc = describe(kind, 2 * page_bytes());
    if (!succeeded(hal_mem_alloc(device_, &desc, &mem))) return false;
    memories_.push_back(mem);
    return true;
  }

  bool allocate() {
    const hal_mem_desc_t desc = describe(pages_);
    return allocate(HAL_MEM_DEVICE, device_memory_) && allocate(HAL_MEM_HOST_PINNED, pinned_) &&
           allocate(HAL_MEM_HOST_MAPPED, mapped_) && succeeded(hal_mem_register(device_, &desc, &imported_));
  }

  bool load() {
    const std::vector<std::uint8_t> bytes = read_bytes(kernel_object("conformance-basics"));
    return succeeded(hal_executable_load_data(device_, bytes.data(), bytes.size(), &executable_)) &&
           succeeded(hal_executable_find(executable_, "bump", &bump_));
  }

  bool launch(hal_mem_t mem) {
    OneBlock block(bump_, mem);
    block.desc.stream = stream_;
    return succeeded(block.submit(&ticket_));
  }

  bool submit() {
    auto info = sized<hal_mem_info_t>();
    if (!succeeded(hal_mem_info(pinned_, &info))) return false;
    host_ = static_cast<std::uint64_t *>(info.host_ptr);
    host_[0] = 41;
    return succeeded(hal_copy_to_device(stream_, device_memory_, 0, host_, 64, &ticket_)) && launch(device_memory_) &&
           succeeded(hal_fill(stream_, device_memory_, 64, 64, 7, &ticket_)) &&
           succeeded(hal_copy_on_device(stream_, device_memory_, page_bytes(), device_memory_, 0, 128, &ticket_)) &&
           launch(mapped_) && launch(imported_) &&
           succeeded(hal_copy_from_device(stream_, host_, device_memory_, page_bytes(), 128, &ticket_));
  }

  bool check() {
    EXPECT_EQ(host_[0], 42U);
    EXPECT_EQ(host_[8], 0x0707070707070707U);
    EXPECT_EQ(*reinterpret_cast<std::uint64_t *>(pages_.data()), 1U);
    return true;
  }

  std::vector<ErrorReport> failures_;
  Pages pages_{2};
  bool up_ = false;
  hal_backend_t backend_ = nullptr;
  hal_device_t device_ = nullptr;
  hal_stream_t stream_ = nullptr;
  std::vector<hal_mem_t> memories_;
  hal_mem_t device_memory_ = nullptr, pinned_ = nullptr, mapped_ = nullptr, imported_ = nullptr;
  hal_executable_t executable_ = nullptr;
  hal_kernel_t bump_ = nullptr;
  std::uint64_t ticket_ = 0, completed_ = 0;
  std::uint64_t *host_ = nullptr;
};

// Functions whose failure does not make an operation fail.
const std::set<std::string> kNotNeeded = {
    "aclGetRecentErrMsg",          "aclsysGetVersionStr",     "aclrtGetVersion",  "aclrtGetDeviceInfo",
    "aclrtHostMemMapCapabilities", "aclrtGetPrimaryCtxState", "aclrtRecordEvent", "aclrtGetCurrentContext",
    "rtHostMemMapCapabilities",    "rtCtxGetCurrent",         "rtEventRecord"};
// These restore the caller's context, which may have been destroyed.
const std::set<std::string> kMayBeGone = {"aclrtSetCurrentContext", "rtCtxSetCurrent"};
const std::set<std::string> kReleases = {
    "aclrtFree",          "aclrtFreeHost",    "aclrtHostUnregister",  "aclrtBinaryUnLoad", "aclrtDestroyEvent",
    "aclrtDestroyStream", "aclrtResetDevice", "aclFinalizeReference", "aclFinalize",       "aclrtDestroyBinary"};
// The first check of a device is a trial registration. If it fails with an unclear code, the error is ignored, because
// the registration itself reports it later.
bool is_of_trial(const std::string &function, unsigned n) {
  return (function.find("Host") != std::string::npos && n == 1) ||
         (function.find("MallocHost") != std::string::npos && n == 2);
}
constexpr unsigned kStreamsAtReset = 2;  // a reset waits for each stream and aborts it if the wait fails
// The probe calls these before the backend counts as usable.
const std::set<std::string> kOfProbe = {"aclInit", "aclrtGetDeviceCount", "aclrtGetSocName"};

bool is_wait(const std::string &function) { return function.find("Synchronize") != std::string::npos; }

// Codes by the kind of call. native_errors.def has each of them.
std::vector<int> plausible(const std::string &function) {
  if (function == "aclGetRecentErrMsg" || function == "aclrtGetSocName") return {500000};  // these return NULL
  if (function == "aclInit") return {100000, 500000, 500004, 507008};
  if (kNotNeeded.count(function) != 0 || kMayBeGone.count(function) != 0) return {507899};
  std::vector<int> codes = {100000, 107000, 107002, 507899};  // any call: the two layers, no context, the driver
  const auto add = [&](std::initializer_list<int> more) { codes.insert(codes.end(), more); };
  if (function.find("Malloc") != std::string::npos) add({207001, 207018, 200000});
  if (function.find("HostRegister") != std::string::npos) add({107017, 207000, 507910});
  if (function.find("Create") != std::string::npos) add({207001, 207005, 207007, 207008});
  if (function.find("SetDevice") != std::string::npos) add({107001, 207004, 207006, 507033});
  if (function.find("Binary") != std::string::npos) add({100029, 107017, 207001, 507027});
  if (function.find("Launch") != std::string::npos) add({107003, 207001, 207005, 507015, 507035, 507053});
  if (function.find("Memcpy") != std::string::npos || function.find("Memset") != std::string::npos)
    add({107017, 507010, 507013, 507053});
  if (is_wait(function) || function.find("Query") != std::string::npos)
    add({507010, 507014, 507015, 507034, 507035, 507046, 507054});
  return codes;
}

hal_status_t canonical(int code) {
  const NativeError *entry = find_native_error(code);
  EXPECT_NE(entry, nullptr) << code << " is not in native_errors.def";
  return entry != nullptr ? entry->status : HAL_ERR_INTERNAL;
}

class VendorSweep : public testing::Test {
 protected:
  using Calls = std::map<std::string, unsigned>;

  // The calls of one successful workload.
  Calls record() {
    standin_calls_clear();
    Work work;
    EXPECT_TRUE(work.run());
    work.clean_up();
    for (const ErrorReport &error : work.failures()) ADD_FAILURE() << error.message;
    Calls calls;
    standin_call_t call;
    for (std::size_t i = 0; standin_call(i, &call) == 0; ++i) ++calls[call.function];
    return calls;
  }

  void expect_status(const std::string &function, int code, const ErrorReport &error) {
    std::set<hal_status_t> allowed = {canonical(code)};
    // For these operations FAILED_PRECONDITION has another meaning.
    if ((error.function == "hal_mem_unregister" || error.function == "hal_device_reset") &&
        canonical(code) == HAL_ERR_FAILED_PRECONDITION)
      allowed = {HAL_ERR_INTERNAL};
    if (kOfProbe.count(function) != 0) allowed = {canonical(code), HAL_ERR_UNAVAILABLE};
    if (function == "aclrtBinaryGetFunction" &&
        (canonical(code) == HAL_ERR_INVALID_ARGUMENT || code == 507027 || code == 107017))
      allowed = {HAL_ERR_NOT_FOUND};
    // Another call may report the failure as the cause of the loss.
    if (is_wait(function) || function.find("Query") != std::string::npos) allowed.insert(HAL_ERR_DEVICE_LOST);
    EXPECT_EQ(allowed.count(error.status), 1U) << hal_status_string(error.status) << ": " << error.message;
    EXPECT_NE(error.hint, "") << error.message;
    if (function == "aclrtGetSocName") return;
    EXPECT_NE(error.message.find(function), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(std::to_string(code)), std::string::npos) << error.message;
    if (kOfProbe.count(function) != 0 || error.status == HAL_ERR_DEVICE_LOST) return;
    EXPECT_EQ(error.native_code, code) << error.message;
  }

  // True if the failure happened.
  bool fail(const std::string &function, unsigned n, int code) {
    SCOPED_TRACE(function + "#" + std::to_string(n) + "=" + std::to_string(code));
    standin_live_t before, after;
    standin_live(&before);
    log_.clear();
    standin_violations_clear();
    standin_fail(function.c_str(), n, code);
    Work work;
    work.run();
    work.clean_up();
    const bool happened = standin_fail_clear() == 0;
    if (!happened) return false;  // the number of queries depends on timing
    const std::vector<ErrorReport> &failures = work.failures();
    // For releases that cannot be repeated, an object stays in the runtime and the log has the error.
    const bool only_logged = failures.empty() && kReleases.count(function) != 0 && log_.has(std::to_string(code));
    if (!failures.empty()) {
      expect_status(function, code, failures[0]);
    } else {
      EXPECT_TRUE(kNotNeeded.count(function) != 0 || kMayBeGone.count(function) != 0 || is_of_trial(function, n) ||
                  (is_wait(function) && (n <= kStreamsAtReset || canonical(code) == HAL_ERR_TIMEOUT)) || only_logged)
          << "the failure was not reported\n"
          << log_.all();
    }
    standin_live(&after);
    if (only_logged) return true;
    EXPECT_EQ(difference(before, after), "");
    for (std::size_t i = 0; i < standin_violations(); ++i) ADD_FAILURE() << "stand-in: " << standin_violation(i);
    return true;
  }

  static std::string difference(const standin_live_t &before, const standin_live_t &after) {
    std::string text;
    const auto add = [&](const char *what, std::uint64_t a, std::uint64_t b) {
      if (a != b)
        text +=
            std::string("left in the runtime: ") + what + " " + std::to_string(a) + " -> " + std::to_string(b) + "\n";
    };
    add("inits", before.inits, after.inits);
    add("set_devices", before.set_devices, after.set_devices);
    add("device allocations", before.device_allocations, after.device_allocations);
    add("host allocations", before.host_allocations, after.host_allocations);
    add("registrations", before.registrations, after.registrations);
    add("streams", before.streams, after.streams);
    add("events", before.events, after.events);
    add("binaries", before.binaries, after.binaries);
    return text;
  }

  LogOfThisProcess log_;
};

TEST_F(VendorSweep, OfEveryCallByEveryPlausibleCodeReportsItAndLeavesNothing) {
  record();  // also opens the libraries, which then stay open
  const Calls calls = record();
  unsigned runs = 0, happened = 0;
  for (const bool releases : {false, true}) {  // releases last: a failed one leaves an object in the runtime
    for (const auto &[function, count] : calls) {
      if (releases != (kReleases.count(function) != 0)) continue;
      for (unsigned n = 1; n <= count; ++n) {
        for (const int code : plausible(function)) {
          ++runs;
          happened += fail(function, n, code) ? 1 : 0;
          if (HasFailure()) return;
        }
      }
    }
    record();
  }
  EXPECT_GT(happened, runs / 2) << "most of the calls do not depend on timing";
  std::printf("%u calls of %zu functions failed\n", happened, calls.size());
}

}  // namespace
}  // namespace hal::onboard::test
