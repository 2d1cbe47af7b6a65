// SPDX-License-Identifier: Apache-2.0
//
// The vendor's runtime as libhal uses it: one struct of calls, filled by name from one family when the library is
// opened and constant afterwards. Differences between releases are resolved when it is filled.
#ifndef HAL_PLUGINS_ONBOARD_VENDOR_API_HPP_
#define HAL_PLUGINS_ONBOARD_VENDOR_API_HPP_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "onboard/vendor_abi.hpp"

namespace hal::onboard {

// A function of the vendor and its name for messages.
template <typename... Parameters>
struct Call {
  const char *name = "";
  int (*function)(Parameters...) = nullptr;

  explicit operator bool() const { return function != nullptr; }
  int operator()(Parameters... arguments) const { return function(arguments...); }
};

enum class Register { kNone, kV1, kV2 };               // V2 has a separate call for the device address
enum class Load { kNone, kData, kDescription };        // from the bytes, or through a description of them
enum class LaunchStyle { kNone, kHostArgs, kHandle };  // arguments in one packed buffer, or appended to a handle

struct VendorApi {
  const char *family = "";  // "acl" or "rt"; also the native domain of errors
  std::string library;      // real path of the file
  std::string version;      // "" = unknown
  bool forced = false;      // HAL_ONBOARD_API selected the family
  Register registration = Register::kNone;
  Load load = Load::kNone;
  LaunchStyle launch_style = LaunchStyle::kNone;
  bool unsets_context = false;       // set_context(nullptr) leaves the thread without a context
  std::vector<std::string> missing;  // optional functions that this release does not have

  Call<const char *> init;  // empty if the family does not need to be started
  Call<> finalize;
  Call<std::uint64_t *> finalize_reference;
  const char *(*recent_error)() = nullptr;

  Call<std::uint32_t *> device_count;
  Call<std::int32_t> set_device;
  Call<std::int32_t> reset_device;
  Call<void **> get_context;
  Call<void *> set_context;
  Call<std::string *> soc_name;  // may also return "" on failure
  Call<std::int32_t, std::size_t *, std::size_t *> memory_info;
  Call<std::uint32_t, std::int32_t, std::int64_t *> device_attribute;
  Call<std::int32_t, std::uint32_t *, std::int32_t *> primary_context_state;

  Call<void **, std::size_t> malloc;
  Call<void *> free;
  Call<void **, std::size_t> malloc_host;
  Call<void *> free_host;
  Call<void *, std::size_t, const void *, std::size_t, std::int32_t, void *> copy_async;
  Call<void *, std::size_t, std::int32_t, std::size_t, void *> fill_async;

  Call<void *, std::uint64_t, std::int32_t, void **> register_v1;
  Call<void *, std::uint64_t, std::uint32_t> register_v2;
  Call<void *, void **, std::uint32_t> device_pointer;
  Call<void *> unregister;
  Call<std::uint32_t, std::int32_t, std::int32_t *> map_capability;

  Call<void **> stream_create;
  Call<void *> stream_destroy;
  Call<void *, std::int32_t> stream_synchronize;
  Call<void *, std::int32_t *> stream_query;  // empty for rt
  Call<void *> stream_abort;
  Call<void **, std::uint32_t> event_create;
  Call<void *> event_destroy;
  Call<void *, void *> event_record;
  Call<void *, std::int32_t *> event_query;
  Call<void *, std::int32_t> event_synchronize;

  Call<const void *, std::size_t, const void *, void **> binary_load_data;
  void *(*binary_describe)(const void *, std::size_t) = nullptr;
  Call<void *> binary_forget;
  Call<void *, void **> binary_load;
  Call<void *> binary_unload;
  Call<void *, const char *, void **> function_find;
  Call<void *, std::uint32_t, void *, LaunchConfig *, void *, std::size_t, PlaceHolder *, std::size_t> launch_host_args;
  Call<void *, void **> arguments_begin;
  Call<void *, void *, std::size_t, void **> arguments_append;
  Call<void *, void **> arguments_append_place_holder;
  Call<void *, void *, std::size_t, void **> arguments_buffer;
  Call<void *> arguments_end;
  Call<void *, std::uint32_t, void *, LaunchConfig *, void *, void *> launch_handle;
};

// Returns the address of a symbol, or nullptr.
using Resolve = std::function<void *(const char *name)>;

// Fills api from one family. Returns the names of missing core functions; if there are any, do not use api. Only that
// family's functions are looked up, because dlsym also finds the symbols of a library's dependencies.
std::vector<std::string> fill_acl(const Resolve &resolve, VendorApi &api);
std::vector<std::string> fill_rt(const Resolve &resolve, VendorApi &api);

// One line for reports: "acl 9.1.0 from /path/libascendcl.so, register v2, load data, launch host-args".
std::string describe(const VendorApi &api);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_VENDOR_API_HPP_
