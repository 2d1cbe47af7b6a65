// SPDX-License-Identifier: Apache-2.0
//
// acl: streams, events, time limits.
#define STANDIN_FAMILY standin::Family::acl
#include "front.hpp"

VENDOR(int) aclrtCreateStream(void **stream) { RETURN_CODE(stream_create(stream, 0), stream); }
VENDOR(int) aclrtCreateStreamWithConfig(void **stream, uint32_t priority, uint32_t flag) {
  RETURN_CODE(stream_create_with(stream, priority, flag), stream, priority, flag);
}
VENDOR(int) aclrtDestroyStream(void *stream) { RETURN_CODE(stream_destroy(stream, false), stream); }
VENDOR(int) aclrtDestroyStreamForce(void *stream) { RETURN_CODE(stream_destroy(stream, true), stream); }
VENDOR(int) aclrtSynchronizeStream(void *stream) { RETURN_CODE(stream_sync(stream, -1), stream); }
VENDOR(int) aclrtSynchronizeStreamWithTimeout(void *stream, int32_t timeout) {
  RETURN_CODE(stream_sync(stream, timeout), stream, timeout);
}
VENDOR(int) aclrtStreamQuery(void *stream, int *status) { RETURN_CODE(stream_query(stream, status), stream, status); }
VENDOR(int) aclrtStreamAbort(void *stream) { RETURN_CODE(stream_abort(stream), stream); }
VENDOR(int) aclrtStreamGetId(void *stream, int32_t *streamId) {
  RETURN_CODE(stream_id(stream, streamId), stream, streamId);
}
VENDOR(int) aclrtCreateEvent(void **event) { RETURN_CODE(event_create(event, 0xb, false), event); }
VENDOR(int) aclrtCreateEventWithFlag(void **event, uint32_t flag) {
  RETURN_CODE(event_create(event, flag, false), event, flag);
}
VENDOR(int) aclrtCreateEventExWithFlag(void **event, uint32_t flag) {
  RETURN_CODE(event_create(event, flag, true), event, flag);
}
VENDOR(int) aclrtDestroyEvent(void *event) { RETURN_CODE(event_destroy(event), event); }
VENDOR(int) aclrtRecordEvent(void *event, void *stream) { RETURN_CODE(event_record(event, stream), event, stream); }
VENDOR(int) aclrtResetEvent(void *event, void *stream) { RETURN_CODE(event_reset(event, stream), event, stream); }
VENDOR(int) aclrtStreamWaitEvent(void *stream, void *event) {
  RETURN_CODE(event_wait(stream, event, 0), stream, event);
}
VENDOR(int) aclrtSynchronizeEvent(void *event) { RETURN_CODE(event_sync(event, -1), event); }
VENDOR(int) aclrtSynchronizeEventWithTimeout(void *event, int32_t timeout) {
  RETURN_CODE(event_sync(event, timeout), event, timeout);
}
VENDOR(int) aclrtQueryEventStatus(void *event, int *status) { RETURN_CODE(event_query(event, status), event, status); }
VENDOR(int) aclrtQueryEventWaitStatus(void *event, int *status) { RETURN_CODE(not_simulated(), event, status); }
VENDOR(int) aclrtEventElapsedTime(float *ms, void *startEvent, void *endEvent) {
  RETURN_CODE(event_elapsed(ms, startEvent, endEvent), ms, startEvent, endEvent);
}
VENDOR(int) aclrtEventGetTimestamp(void *event, uint64_t *timestamp) {
  RETURN_CODE(event_timestamp(event, timestamp), event, timestamp);
}
VENDOR(int) aclrtSetOpWaitTimeout(uint32_t timeout) { RETURN_CODE(set_wait_timeout(timeout), timeout); }
VENDOR(int) aclrtSetOpExecuteTimeOut(uint32_t timeout) {
  RETURN_CODE(set_execute_timeout(uint64_t{timeout} * 1000000, nullptr), timeout);
}
VENDOR(int) aclrtSetOpExecuteTimeOutWithMs(uint32_t timeout) {
  RETURN_CODE(set_execute_timeout(uint64_t{timeout} * 1000, nullptr), timeout);
}
#if STANDIN_RELEASE >= 850
VENDOR(int) aclrtStreamWaitEventWithTimeout(void *stream, void *event, int32_t timeout) {
  RETURN_CODE(event_wait(stream, event, timeout), stream, event, timeout);
}
VENDOR(int) aclrtSetOpExecuteTimeOutV2(uint64_t timeout, uint64_t *actualTimeout) {
  RETURN_CODE(set_execute_timeout(timeout, actualTimeout), timeout, actualTimeout);
}
#endif
