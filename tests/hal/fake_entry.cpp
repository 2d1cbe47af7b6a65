// SPDX-License-Identifier: Apache-2.0
//
// The fake backend's entry function, and the differences of its variants.
#include <iterator>
#include <new>
#include <stdexcept>

#include "fake_operations.hpp"
#include "hal/hal_plugin.hpp"

namespace {

#ifdef FAKE_THROWS
using hal::fake::Control;

void throw_if_requested() {
  switch (hal::fake::control().throw_next.exchange(Control::kNothing)) {
    case Control::kRuntimeError:
      throw std::runtime_error("seeded");
    case Control::kBadAlloc:
      throw std::bad_alloc();
    case Control::kNumber:
      throw 42;
    default:
      return;
  }
}

// An operation without the wrapper that catches exceptions.
template <auto Operation>
struct Unguarded;
template <typename Result, typename... Args, Result (*hal_plugin_ops_v1_t::*Operation)(Args...)>
struct Unguarded<Operation> {
  static Result call(Args... args) {
    throw_if_requested();
    return (hal::fake::operations().*Operation)(args...);
  }
};

template <auto... Operations>
void unguard(hal_plugin_ops_v1_t &ops) {
  ((ops.*Operations = &Unguarded<Operations>::call), ...);
}
#endif

hal_plugin_ops_v1_t variant() {
  hal_plugin_ops_v1_t ops = hal::fake::operations();
#ifdef FAKE_WITHOUT_MEM_ALLOC
  ops.mem_alloc = nullptr;
#endif
#ifdef FAKE_THROWS
  using Ops = hal_plugin_ops_v1_t;
  unguard<&Ops::device_close, &Ops::device_info, &Ops::device_query, &Ops::device_reset, &Ops::mem_query,
          &Ops::mem_alloc, &Ops::mem_free, &Ops::mem_register, &Ops::mem_unregister, &Ops::mem_sync,
          &Ops::stream_create, &Ops::stream_destroy, &Ops::stream_wait, &Ops::stream_query, &Ops::copy, &Ops::fill,
          &Ops::executable_load, &Ops::executable_unload, &Ops::kernel_find, &Ops::launch>(ops);
#endif
  return ops;
}

constexpr const char *kOptionChoices[] = {nullptr, nullptr, nullptr, "plain|salted", nullptr};
constexpr hal_option_v1_t kOptions[] = {
    {"FAKE", "DEVICES", "2", "The number of devices.", HAL_OPTION_NUMBER, 0, 0, 8},
    {"FAKE", "MEMORY", "64M", "Memory of each device.", HAL_OPTION_BYTES, 0, 4096, std::uint64_t{1} << 40},
    {"FAKE", "PRESENT", "1", "1: the probe finds devices.", HAL_OPTION_SWITCH, 0, 0, 1},
    {"FAKE", "FLAVOUR", "", "The flavour.", HAL_OPTION_TEXT, 0, 0, 0},
    {"FAKE", "FOLDER", "", "The folder.", HAL_OPTION_PATH, 0, 0, 0},
};
static_assert(std::size(kOptions) == std::size(kOptionChoices));

}  // namespace

#ifndef FAKE_ABI_DRAFT
#define FAKE_ABI_DRAFT HAL_ABI_DRAFT
#endif

extern "C" __attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host,
                                                                                   hal_plugin_v1_t *inout) {
  inout->abi_min = FAKE_ABI_DRAFT;
  inout->abi_max = FAKE_ABI_DRAFT;
  if (FAKE_ABI_DRAFT < host->abi_min || FAKE_ABI_DRAFT > host->abi_max) return HAL_ERR_INCOMPATIBLE;
  hal::plugin::host = host;
  static const hal_plugin_ops_v1_t ops = variant();
  inout->name = FAKE_NAME;
  inout->version = "1.2.3";
  inout->build = "for tests";
  inout->ops = &ops;
  inout->options = kOptions;
  inout->option_count = static_cast<std::uint32_t>(std::size(kOptions));
  if (HAL_HAS_FIELD(hal_plugin_v1_t, inout, option_choices)) inout->option_choices = kOptionChoices;
  return HAL_OK;
}
