// SPDX-License-Identifier: Apache-2.0
#include "entry_probe.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "hal/hal_plugin.h"

namespace hal::conformance {
namespace {

constexpr std::uint32_t kForeignDraft = 4000;

int complaints = 0;

void expect(bool good, const char *what) {
  if (good) return;
  std::printf("%s\n", what);
  ++complaints;
}

// Each service prints a problem: an entry function that uses one is not pure.
std::int32_t log_enabled(void *, hal_log_level_t) {
  expect(false, "P4: the entry function asks for the log level");
  return 0;
}
void log(void *, hal_log_level_t, const char *, std::uint64_t) { expect(false, "P4: the entry function logs"); }
void set_error(void *, hal_status_t, std::int64_t, const char *, const char *, const char *) {}
void set_kernel_fault(void *, const hal_kernel_fault_v1_t *) {
  expect(false, "P4: the entry function reports a kernel fault");
}
void call_site(void *, hal_call_site_v1_t *) { expect(false, "P4: the entry function asks for the call site"); }
void describe_call_site(void *, const hal_call_site_v1_t *, char *, std::uint64_t) {
  expect(false, "P4: the entry function describes a call site");
}
hal_status_t check_trust(void *, const char *, char *, std::uint64_t) {
  expect(false, "P4: the entry function asks whether a file is trusted");
  return HAL_OK;
}
hal_status_t get_text(void *, const char *, const char **) {
  expect(false, "P4: the entry function reads an option");
  return HAL_ERR_NOT_FOUND;
}
hal_status_t get_number(void *, const char *, std::uint64_t *) {
  expect(false, "P4: the entry function reads an option");
  return HAL_ERR_NOT_FOUND;
}
hal_status_t get_environment(void *, const char *, const char **) {
  expect(false, "P4: the entry function reads the environment");
  return HAL_ERR_NOT_FOUND;
}

hal_host_v1_t host_of(std::uint32_t draft, const char *path) {
  hal_host_v1_t host{};
  host.struct_size = sizeof host;
  host.abi_min = draft;
  host.abi_max = draft;
  host.plugin_path = path;
  host.log_enabled = log_enabled;
  host.log = log;
  host.set_error = set_error;
  host.get_text = get_text;
  host.get_number = get_number;
  host.get_environment = get_environment;
  host.set_kernel_fault = set_kernel_fault;
  host.call_site = call_site;
  host.describe_call_site = describe_call_site;
  host.check_trust = check_trust;
  return host;
}

hal_plugin_v1_t empty_table() {
  hal_plugin_v1_t table{};
  table.struct_size = sizeof table;
  return table;
}

int count_entries(const char *path) {
  int count = 0;
  DIR *directory = opendir(path);
  while (directory != nullptr && readdir(directory) != nullptr) ++count;
  if (directory != nullptr) closedir(directory);
  return count;
}

void probe_refusal(hal_plugin_entry_v1_fn entry, const char *path) {
  static hal_host_v1_t host;
  host = host_of(kForeignDraft, path);
  hal_plugin_v1_t table = empty_table();
  expect(entry(&host, &table) == HAL_ERR_INCOMPATIBLE,
         "P3: the entry function does not return INCOMPATIBLE for draft 4000");
  expect(table.abi_min != 0 && table.abi_max >= table.abi_min,
         "P3: abi_min and abi_max are not written on refusal; write them before anything else");
  expect(table.abi_min <= HAL_ABI_DRAFT && table.abi_max >= HAL_ABI_DRAFT,
         "P3: the drafts differ from those in the note");
}

void probe_purity(hal_plugin_entry_v1_fn entry, const char *path) {
  static hal_host_v1_t host;
  host = host_of(HAL_ABI_DRAFT, path);
  const int descriptors = count_entries("/proc/self/fd");
  const int threads = count_entries("/proc/self/task");
  hal_plugin_v1_t tables[3] = {empty_table(), empty_table(), empty_table()};
  for (auto &table : tables) expect(entry(&host, &table) == HAL_OK, "P4: the entry function fails when called again");
  expect(std::memcmp(&tables[0], &tables[1], sizeof tables[0]) == 0, "P4: the second call gives another table");
  expect(std::memcmp(&tables[0], &tables[2], sizeof tables[0]) == 0, "P4: the third call gives another table");
  expect(count_entries("/proc/self/fd") == descriptors, "P4: the entry function opens files");
  expect(count_entries("/proc/self/task") == threads, "P4: the entry function starts threads");
  expect(tables[0].name != nullptr && tables[0].ops != nullptr, "P4: the table lacks name or operations");
}

}  // namespace

int probe_entry(const std::string &question, const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::printf("%s\n", dlerror());
    return 1;
  }
  const auto entry = reinterpret_cast<hal_plugin_entry_v1_fn>(dlsym(library, HAL_PLUGIN_ENTRY_NAME));
  if (entry == nullptr) {
    std::printf("P1: %s is not exported\n", HAL_PLUGIN_ENTRY_NAME);
    return 1;
  }
  question == "refuses" ? probe_refusal(entry, path) : probe_purity(entry, path);
  return complaints == 0 ? 0 : 1;
}

}  // namespace hal::conformance
