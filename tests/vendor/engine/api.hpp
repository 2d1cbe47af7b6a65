// SPDX-License-Identifier: Apache-2.0
//
// The functions that the vendor-named libraries call. One engine serves all of them, so that both families share the
// state of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#define STANDIN_ENGINE __attribute__((visibility("default")))

namespace standin {

enum class Family : char { acl = 'a', rt = 'r' };

// An argument, as recorded for the list of calls.
struct Arg {
  template <typename T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
  Arg(T v) : value(static_cast<std::uint64_t>(v)), decimal(true) {}
  Arg(const void *v) : value(reinterpret_cast<std::uintptr_t>(v)), decimal(false) {}
  std::uint64_t value;
  bool decimal;
};

// One call of a vendor function. It records the call, injects a failure if a test requested one, and keeps a failure as
// the recent error.
class STANDIN_ENGINE Entry {
 public:
  Entry(Family family, const char *function, std::initializer_list<Arg> arguments);
  bool refused() const { return refused_; }
  int done(int code);
  int refusal() { return done(code_); }

 private:
  std::size_t index_;
  bool refused_ = false;
  int code_ = 0;
};

// Called when a variant of the runtime is opened: its release (810, 850, 900 or 910) and its number of devices.
STANDIN_ENGINE void opened(int release, int devices);

// lifecycle.cpp
STANDIN_ENGINE int init(const char *config);
STANDIN_ENGINE int finalize();
STANDIN_ENGINE int finalize_reference(std::uint64_t *count);
STANDIN_ENGINE const char *recent_error();
STANDIN_ENGINE int last_error(int level, bool clear);
STANDIN_ENGINE int version(std::int32_t *major, std::int32_t *minor, std::int32_t *patch);
STANDIN_ENGINE int package_version(std::int32_t package, void *version);
STANDIN_ENGINE int version_text(const char *package, char *text);
STANDIN_ENGINE int version_number(const char *package, std::int32_t *number);
STANDIN_ENGINE int not_simulated();

// device.cpp
STANDIN_ENGINE int device_count(std::uint32_t *count);
STANDIN_ENGINE int set_device(std::int32_t device);
STANDIN_ENGINE int get_device(std::int32_t *device);
STANDIN_ENGINE int reset_device(std::int32_t device, bool force);
STANDIN_ENGINE int device_status(std::int32_t device, std::int32_t *status);
STANDIN_ENGINE const char *soc_name();
STANDIN_ENGINE int soc_version(char *text, std::uint32_t bytes);
STANDIN_ENGINE int run_mode(std::int32_t *mode);
STANDIN_ENGINE int device_info(std::uint32_t device, std::int32_t attribute, std::int64_t *value);
STANDIN_ENGINE int device_capability(std::int32_t device, std::int32_t feature, std::int32_t *value);
STANDIN_ENGINE int core_count(std::uint32_t *count);
STANDIN_ENGINE int visible_to_physical(std::int32_t visible, std::int32_t *physical);
STANDIN_ENGINE int physical_to_visible(std::int32_t physical, std::int32_t *visible);
// context.cpp
STANDIN_ENGINE int create_context(void **context, std::int32_t device);
STANDIN_ENGINE int destroy_context(void *context);
STANDIN_ENGINE int set_context(void *context);
STANDIN_ENGINE int get_context(void **context);
STANDIN_ENGINE int primary_state(std::int32_t device, std::uint32_t *flags, std::int32_t *active);
STANDIN_ENGINE int default_stream(void **stream);

// memory.cpp
STANDIN_ENGINE int device_malloc(void **out, std::uint64_t bytes, std::uint32_t policy);
STANDIN_ENGINE int device_malloc_with(void **out, std::uint64_t bytes, std::uint32_t policy, const void *config);
STANDIN_ENGINE int device_free(void *pointer, bool wait);
STANDIN_ENGINE int host_malloc(void **out, std::uint64_t bytes);
STANDIN_ENGINE int host_malloc_with(void **out, std::uint64_t bytes, const void *config);
STANDIN_ENGINE int host_free(void *pointer, bool wait);
STANDIN_ENGINE int memory_info(std::int32_t attribute, std::size_t *free, std::size_t *total);
STANDIN_ENGINE int pointer_attributes(const void *pointer, void *attributes);
// copy.cpp
STANDIN_ENGINE int copy(void *to, std::uint64_t capacity, const void *from, std::uint64_t bytes, std::int32_t kind);
STANDIN_ENGINE int copy_async(void *to, std::uint64_t capacity, const void *from, std::uint64_t bytes,
                              std::int32_t kind, void *stream);
STANDIN_ENGINE int fill(void *to, std::uint64_t capacity, std::int32_t value, std::uint64_t bytes);
STANDIN_ENGINE int fill_async(void *to, std::uint64_t capacity, std::int32_t value, std::uint64_t bytes, void *stream);
STANDIN_ENGINE int flush(void *pointer, std::uint64_t bytes);
// registration.cpp
STANDIN_ENGINE int host_register(void *pointer, std::uint64_t bytes, std::uint32_t type, void **device_pointer);
STANDIN_ENGINE int host_register_v2(void *pointer, std::uint64_t bytes, std::uint32_t flags);
STANDIN_ENGINE int host_device_pointer(void *pointer, void **device_pointer, std::uint32_t flags);
STANDIN_ENGINE int host_unregister(void *pointer);
STANDIN_ENGINE int map_capabilities(std::uint32_t device, std::int32_t engine, std::int32_t *capability);

// stream.cpp
STANDIN_ENGINE int stream_create(void **stream, std::uint32_t flags);
STANDIN_ENGINE int stream_create_with(void **stream, std::uint32_t priority, std::uint32_t flags);
STANDIN_ENGINE int stream_destroy(void *stream, bool force);
STANDIN_ENGINE int stream_sync(void *stream, std::int32_t timeout_ms);
STANDIN_ENGINE int stream_query(void *stream, std::int32_t *status);
STANDIN_ENGINE int stream_abort(void *stream);
STANDIN_ENGINE int stream_id(void *stream, std::int32_t *id);
STANDIN_ENGINE int device_sync(std::int32_t timeout_ms);
// event.cpp; modern: created by CreateEventExWithFlag. Such an event counts as complete before it is recorded.
STANDIN_ENGINE int event_create(void **event, std::uint32_t flags, bool modern);
STANDIN_ENGINE int event_destroy(void *event);
STANDIN_ENGINE int event_record(void *event, void *stream);
STANDIN_ENGINE int event_reset(void *event, void *stream);
STANDIN_ENGINE int event_wait(void *stream, void *event, std::int32_t timeout);
STANDIN_ENGINE int event_sync(void *event, std::int32_t timeout_ms);
STANDIN_ENGINE int event_query(void *event, std::int32_t *status);
STANDIN_ENGINE int event_elapsed(float *ms, void *start, void *end);
STANDIN_ENGINE int event_timestamp(void *event, std::uint64_t *timestamp);
STANDIN_ENGINE int set_wait_timeout(std::uint32_t seconds);
STANDIN_ENGINE int set_execute_timeout(std::uint64_t microseconds, std::uint64_t *actual);

// binary.cpp
STANDIN_ENGINE int binary_from_file(const char *path, const void *options, void **binary);
STANDIN_ENGINE int binary_from_data(const void *data, std::uint64_t bytes, const void *options, void **binary);
STANDIN_ENGINE void *binary_create(const void *data, std::uint64_t bytes);
STANDIN_ENGINE int binary_destroy(void *description);
STANDIN_ENGINE int binary_load(const void *description, void **binary);
STANDIN_ENGINE int binary_unload(void *binary);
STANDIN_ENGINE int binary_function(void *binary, const char *name, void **function);
STANDIN_ENGINE int function_name(void *function, std::uint32_t bytes, char *name);
STANDIN_ENGINE int function_address(void *function, void **aic, void **aiv);
// arguments.cpp
STANDIN_ENGINE int args_init(void *function, void **handle);
STANDIN_ENGINE int args_append(void *handle, const void *value, std::uint64_t bytes, void **parameter);
STANDIN_ENGINE int args_append_placeholder(void *handle, void **parameter);
STANDIN_ENGINE int args_placeholder_buffer(void *handle, void *parameter, std::uint64_t bytes, void **buffer);
STANDIN_ENGINE int args_update(void *handle, void *parameter, const void *value, std::uint64_t bytes);
STANDIN_ENGINE int args_finalize(void *handle);
// launch.cpp
STANDIN_ENGINE int launch_host_args(void *function, std::uint32_t blocks, void *stream, const void *config,
                                    const void *args, std::uint64_t bytes, const void *placeholders,
                                    std::uint64_t placeholder_count);
STANDIN_ENGINE int launch_handle(void *function, std::uint32_t blocks, void *stream, const void *config, void *handle,
                                 const void *reserve);
STANDIN_ENGINE int launch_device_args(void *function, std::uint32_t blocks, void *stream, const void *config,
                                      const void *args, std::uint64_t bytes);

}  // namespace standin
