// SPDX-License-Identifier: Apache-2.0
//
// acl: streams, events, time limits.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclrtCreateStream(void **stream) { ANSWER(stream_create(stream, 0), stream); }
VENDOR(int) aclrtCreateStreamWithConfig(void **stream, uint32_t priority, uint32_t flag) {
  ANSWER(stream_create_with(stream, priority, flag), stream, priority, flag);
}
VENDOR(int) aclrtDestroyStream(void *stream) { ANSWER(stream_destroy(stream, false), stream); }
VENDOR(int) aclrtDestroyStreamForce(void *stream) { ANSWER(stream_destroy(stream, true), stream); }
VENDOR(int) aclrtSynchronizeStream(void *stream) { ANSWER(stream_sync(stream, -1), stream); }
VENDOR(int) aclrtSynchronizeStreamWithTimeout(void *stream, int32_t timeout) {
  ANSWER(stream_sync(stream, timeout), stream, timeout);
}
VENDOR(int) aclrtStreamQuery(void *stream, int *status) { ANSWER(stream_query(stream, status), stream, status); }
VENDOR(int) aclrtStreamAbort(void *stream) { ANSWER(stream_abort(stream), stream); }
VENDOR(int) aclrtStreamGetId(void *stream, int32_t *streamId) { ANSWER(stream_id(stream, streamId), stream, streamId); }
VENDOR(int) aclrtCreateEvent(void **event) { ANSWER(event_create(event, 0xb, false), event); }
VENDOR(int) aclrtCreateEventWithFlag(void **event, uint32_t flag) {
  ANSWER(event_create(event, flag, false), event, flag);
}
VENDOR(int) aclrtCreateEventExWithFlag(void **event, uint32_t flag) {
  ANSWER(event_create(event, flag, true), event, flag);
}
VENDOR(int) aclrtDestroyEvent(void *event) { ANSWER(event_destroy(event), event); }
VENDOR(int) aclrtRecordEvent(void *event, void *stream) { ANSWER(event_record(event, stream), event, stream); }
VENDOR(int) aclrtResetEvent(void *event, void *stream) { ANSWER(event_reset(event, stream), event, stream); }
VENDOR(int) aclrtStreamWaitEvent(void *stream, void *event) { ANSWER(event_wait(stream, event, 0), stream, event); }
VENDOR(int) aclrtSynchronizeEvent(void *event) { ANSWER(event_sync(event, -1), event); }
VENDOR(int) aclrtSynchronizeEventWithTimeout(void *event, int32_t timeout) {
  ANSWER(event_sync(event, timeout), event, timeout);
}
VENDOR(int) aclrtQueryEventStatus(void *event, int *status) { ANSWER(event_query(event, status), event, status); }
VENDOR(int) aclrtQueryEventWaitStatus(void *event, int *status) { ANSWER(not_simulated(), event, status); }
VENDOR(int) aclrtEventElapsedTime(float *ms, void *startEvent, void *endEvent) {
  ANSWER(event_elapsed(ms, startEvent, endEvent), ms, startEvent, endEvent);
}
VENDOR(int) aclrtEventGetTimestamp(void *event, uint64_t *timestamp) {
  ANSWER(event_timestamp(event, timestamp), event, timestamp);
}
VENDOR(int) aclrtSetOpWaitTimeout(uint32_t timeout) { ANSWER(set_wait_timeout(timeout), timeout); }
VENDOR(int) aclrtSetOpExecuteTimeOut(uint32_t timeout) {
  ANSWER(set_execute_timeout(uint64_t{timeout} * 1000000, nullptr), timeout);
}
VENDOR(int) aclrtSetOpExecuteTimeOutWithMs(uint32_t timeout) {
  ANSWER(set_execute_timeout(uint64_t{timeout} * 1000, nullptr), timeout);
}
#if STANDIN_RELEASE >= 850
VENDOR(int) aclrtStreamWaitEventWithTimeout(void *stream, void *event, int32_t timeout) {
  ANSWER(event_wait(stream, event, timeout), stream, event, timeout);
}
VENDOR(int) aclrtSetOpExecuteTimeOutV2(uint64_t timeout, uint64_t *actualTimeout) {
  ANSWER(set_execute_timeout(timeout, actualTimeout), timeout, actualTimeout);
}
#endif
