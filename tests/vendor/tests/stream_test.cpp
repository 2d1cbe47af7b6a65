// SPDX-License-Identifier: Apache-2.0
//
// Streams and events.
#include "vendor.hpp"

namespace vendor {
namespace {

class Streams : public Ready {
 protected:
  void SetUp() override {
    Ready::SetUp();
    if (HasFatalFailure()) return;
    EXPECT_EQ(aclrtCreateStream(&stream), 0);
    EXPECT_EQ(aclrtCreateEventWithFlag(&gate, event_sync), 0);
  }
  void TearDown() override {
    EXPECT_EQ(aclrtDestroyEvent(gate), 0);
    EXPECT_EQ(aclrtDestroyStream(stream), 0);
    Ready::TearDown();
  }
  // The stream has work that does not complete before open_gate().
  void shut_gate() { EXPECT_EQ(aclrtStreamWaitEvent(stream, gate), 0); }
  void open_gate() { EXPECT_EQ(aclrtRecordEvent(gate, nullptr), 0); }

  void *stream = nullptr, *gate = nullptr;
};

TEST_F(Streams, ReportNotReadyWith1AndEventsReportCompleteWith1) {
  void *event = nullptr;
  int status = -1;
  EXPECT_EQ(aclrtCreateEventWithFlag(&event, event_sync), 0);
  shut_gate();
  EXPECT_EQ(aclrtRecordEvent(event, stream), 0);
  EXPECT_EQ(aclrtStreamQuery(stream, &status), 0);
  EXPECT_EQ(status, 1);
  EXPECT_EQ(aclrtQueryEventStatus(event, &status), 0);
  EXPECT_EQ(status, 0);
  open_gate();
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  EXPECT_EQ(aclrtStreamQuery(stream, &status), 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(aclrtQueryEventStatus(event, &status), 0);
  EXPECT_EQ(status, 1);
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
}

TEST_F(Streams, WaitsTimeOutWithTheirOwnCodesAndRefuse0) {
  void *event = nullptr;
  EXPECT_EQ(aclrtCreateEventWithFlag(&event, event_sync), 0);
  shut_gate();
  EXPECT_EQ(aclrtRecordEvent(event, stream), 0);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream, 1), 507046);
  EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, 1), 507047);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream, 0), 107000);
  open_gate();
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream, -1), 0);
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
}

TEST_F(Streams, CopiesWithPinnedMemoryWaitInTheStream) {
  void *host = host_memory(64), *device = device_memory(64);
  static_cast<char *>(host)[0] = 1;
  shut_gate();
  EXPECT_EQ(aclrtMemcpyAsync(device, 64, host, 64, host_to_device, stream), 0);
  static_cast<char *>(host)[0] = 2;  // before the copy has run
  open_gate();
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  char byte = 0;
  EXPECT_EQ(aclrtMemcpy(&byte, 1, device, 1, device_to_host), 0);
  EXPECT_EQ(byte, 2);
  EXPECT_EQ(aclrtFree(device), 0);
  EXPECT_EQ(aclrtFreeHost(host), 0);
}

TEST_F(Streams, HostToHostCopiesAreUnsupported) {
  char to[8], from[8] = {};
  EXPECT_EQ(aclrtMemcpyAsync(to, 8, from, 8, 0, stream), 207000);
}

TEST_F(Streams, AnAbortDropsWaitingTasks) {
  void *host = host_memory(64), *device = device_memory(64);
  static_cast<char *>(host)[0] = 1;
  EXPECT_EQ(aclrtMemset(device, 64, 0, 64), 0);
  shut_gate();
  EXPECT_EQ(aclrtMemcpyAsync(device, 64, host, 64, host_to_device, stream), 0);
  EXPECT_EQ(aclrtStreamAbort(stream), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  char byte = 9;
  EXPECT_EQ(aclrtMemcpy(&byte, 1, device, 1, device_to_host), 0);
  EXPECT_EQ(byte, 0);
  EXPECT_EQ(aclrtFree(device), 0);
  EXPECT_EQ(aclrtFreeHost(host), 0);
}

TEST_F(Streams, BelongToTheirContext) {
  void *context = nullptr, *own = nullptr;
  EXPECT_EQ(aclrtGetCurrentContext(&own), 0);
  EXPECT_EQ(aclrtCreateContext(&context, 0), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 107003);
  expect_violation("belongs to another context");
  EXPECT_EQ(aclrtSetCurrentContext(own), 0);
  EXPECT_EQ(aclrtDestroyContext(context), 0);
}

TEST_F(Streams, OnlyEventsCreatedForItMeasureTime) {
  void *plain = nullptr, *first = nullptr, *second = nullptr;
  EXPECT_EQ(aclrtCreateEventWithFlag(&plain, event_sync), 0);
  EXPECT_EQ(aclrtCreateEventWithFlag(&first, event_timeline), 0);
  EXPECT_EQ(aclrtCreateEventWithFlag(&second, event_timeline), 0);
  for (void *event : {plain, first, second}) EXPECT_EQ(aclrtRecordEvent(event, stream), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
  float ms = -1;
  EXPECT_EQ(aclrtEventElapsedTime(&ms, plain, second), 107000);
  EXPECT_EQ(aclrtEventElapsedTime(&ms, first, second), 0);
  EXPECT_GE(ms, 0.0F);
  for (void *event : {plain, first, second}) EXPECT_EQ(aclrtDestroyEvent(event), 0);
}

}  // namespace
}  // namespace vendor
