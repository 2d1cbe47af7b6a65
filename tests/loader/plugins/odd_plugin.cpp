// SPDX-License-Identifier: Apache-2.0
//
// A plugin that breaks a rule and then answers like a good one. It breaks the rule ODD_ACT in its entry function,
// ODD_PROBE in its probe, ODD_LOAD when it is loaded, ODD_LATER when it explains a code or describes the machine.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "hal/hal_plugin.h"

extern "C" int hal_test_vendor_call();

namespace {

[[maybe_unused]] void throw_something() { throw std::runtime_error("thrown on purpose"); }
[[maybe_unused]] void crash() { std::raise(SIGSEGV); }
[[maybe_unused]] void hang() {
  for (;;) ::pause();
}
[[maybe_unused]] void leave() { std::exit(0); }
[[maybe_unused]] void print() {
  std::puts("a line that no plugin may print on stdout");
  std::fputs("a line that no plugin may print on stderr\n", stderr);
  std::fflush(nullptr);
}
// Writes to the descriptor on which halprobe's child processes answer.
[[maybe_unused]] void scribble() {
  constexpr char kLines[] = "{}\n[1]\nno JSON\n{\"section\": 1, \"end\": true}\n";
  if (::write(3, kLines, sizeof(kLines) - 1) < 0) std::abort();
}
// Replaces this file, $ODD_OWN_FILE, with $ODD_OTHER_FILE.
[[maybe_unused]] void swap_file() {
  if (std::rename(std::getenv("ODD_OTHER_FILE"), std::getenv("ODD_OWN_FILE")) != 0) std::abort();
}
[[maybe_unused]] void nothing() {}
#ifdef ODD_VENDOR
void call_vendor() { hal_test_vendor_call(); }
#endif

hal_status_t device_count(void *, std::uint32_t *count) {
  *count = 1;
  return HAL_OK;
}

#ifdef ODD_LATER
hal_status_t diagnose(void *, hal_finding_fn report, void *user) {
  const hal_finding_t finding = {sizeof(finding), HAL_FINDING_OK, "before", "the act", "found", ""};
  report(user, &finding);
  ODD_LATER();
  return HAL_OK;
}

hal_status_t explain_native(void *, const char *, std::int64_t, hal_native_error_v1_t *) {
  ODD_LATER();
  return HAL_ERR_NOT_FOUND;
}
#endif

#ifndef ODD_PROBE
#define ODD_PROBE nothing
#endif
#ifndef ODD_PROBE_STATUS
#define ODD_PROBE_STATUS HAL_OK
#endif

hal_status_t probe(void *, hal_probe_v1_t *) {
  ODD_PROBE();
  return ODD_PROBE_STATUS;
}

#ifdef ODD_LOAD
[[gnu::constructor]] void when_loaded() { ODD_LOAD(); }
#endif

hal_plugin_ops_v1_t table() {
  hal_plugin_ops_v1_t ops = {};
  ops.struct_size = sizeof(ops);
  ops.probe = &probe;
  ops.device_count = &device_count;
#ifdef ODD_LATER
  ops.explain_native = &explain_native;
  ops.diagnose = &diagnose;
#endif
  return ops;
}

#ifndef ODD_ACT
#define ODD_ACT nothing
#endif

}  // namespace

extern "C" __attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *,
                                                                                   hal_plugin_v1_t *inout) {
  static const hal_plugin_ops_v1_t ops = table();
  ODD_ACT();
  inout->abi_min = HAL_ABI_DRAFT;
  inout->abi_max = HAL_ABI_DRAFT;
  inout->name = ODD_NAME;
  inout->version = "0";
  inout->build = "for tests";
#ifndef ODD_WITHOUT_TABLE
  inout->ops = &ops;
#else
  (void)ops;
#endif
  return HAL_OK;
}
