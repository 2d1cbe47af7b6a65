// SPDX-License-Identifier: Apache-2.0
#include "api/backend.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "api/api_call.hpp"
#include "backends/selection.hpp"
#include "diagnostics/struct_rules.hpp"

namespace hal::core {
namespace {

struct Backends {
  std::mutex mutex;
  std::vector<std::unique_ptr<Backend>> all;
};

Backends &backends() {
  static Backends &instance = *new Backends;
  return instance;
}

hal_backend_t backend_handle(const Selection &selection) {
  Backends &known = backends();
  const std::lock_guard lock(known.mutex);
  for (const auto &backend : known.all)
    if (backend->plugin == selection.plugin && backend->default_ordinal == selection.default_ordinal)
      return backend->handle;
  SlotReservation slot(Backend::kType);
  known.all.push_back(std::make_unique<Backend>(
      Backend{selection.plugin, selection.default_ordinal, make_handle<hal_backend_t>(slot.handle())}));
  slot.publish(known.all.back().get());
  return known.all.back()->handle;
}

}  // namespace

bool release_backends() {
  Backends &known = backends();
  const std::lock_guard lock(known.mutex);
  std::size_t claimed = 0;
  while (claimed < known.all.size() && handles().claim(handle_value(known.all[claimed]->handle), 0)) ++claimed;
  const bool all_claimed = claimed == known.all.size();
  for (std::size_t i = 0; i < claimed; ++i) {
    const std::uint64_t handle = handle_value(known.all[i]->handle);
    if (all_claimed)
      handles().release(handle);
    else
      handles().unclaim(handle);
  }
  if (all_claimed) known.all.clear();
  return all_claimed;
}

}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_backend_select(const char *spec, hal_backend_t *backend) {
  return api_call_on_plugins(__func__, [&]() -> hal_status_t {
    if (backend == nullptr) return fail_null("backend");
    Selection selection;
    if (const hal_status_t status = select_backend(spec, selection); status != HAL_OK) return status;
    *backend = backend_handle(selection);
    return HAL_OK;
  });
}

hal_status_t hal_backend_info(hal_backend_t backend, hal_backend_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Backend> pin(backend, "backend");
    if (!pin) return pin.status();
    const Plugin &plugin = *pin->plugin;
    const hal_backend_info_t answer = {sizeof(answer),         pin->default_ordinal,  plugin.name().c_str(),
                                       plugin.arch().c_str(),  plugin.kind().c_str(), plugin.version().c_str(),
                                       plugin.build().c_str(), plugin.path().c_str()};
    return write_struct(info, answer, "info");
  });
}
