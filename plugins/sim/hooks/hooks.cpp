// SPDX-License-Identifier: Apache-2.0
//
// The functions that the tile library's CPU mode looks up with dlsym(RTLD_DEFAULT, …), with its signatures. They need
// no function of the C++ library: they only read a std::string, and the caller destroys it.
#include "sim/hooks/hooks.hpp"

#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

using namespace hal::sim::hooks;

constexpr std::size_t kMaxVariables = 16;

thread_local Binding *bound = nullptr;
thread_local Execution unbound = {0, 0, 1};  // for threads that run no block, such as those that a kernel starts

Execution &execution() { return bound != nullptr ? bound->execution : unbound; }

void *find(const Key &key, std::size_t size, const char *name) {
  if (bound == nullptr) return nullptr;
  const Found found = bound->find(bound->storage, key, size);
  if (found.start == nullptr) std::fprintf(stderr, "no storage of %zu bytes for key %s: %s\n", size, name, found.why);
  return found.start;
}

void bind(Binding *binding) { bound = binding; }

struct Environment {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  char *owner = nullptr;
  char *values[kMaxVariables] = {};
};
Environment environment;

bool are_set(const Variable *variables, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (std::strcmp(environment.values[i], variables[i].value) != 0) return false;
  return true;
}

const char *set_variables(const char *owner, const Variable *variables, std::size_t count) {
  if (count > kMaxVariables) return "nobody (too many variables)";
  pthread_mutex_lock(&environment.mutex);
  const char *other = nullptr;
  if (environment.owner != nullptr) {
    other = are_set(variables, count) ? nullptr : environment.owner;
  } else {
    environment.owner = strdup(owner);
    for (std::size_t i = 0; i < count; ++i) {
      environment.values[i] = strdup(variables[i].value);
      setenv(variables[i].name, variables[i].value, 1);
    }
  }
  pthread_mutex_unlock(&environment.mutex);
  return other;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const Table hal_sim_hooks_v1;
const Table hal_sim_hooks_v1 = {bind, set_variables};

EXPORTED void pto_cpu_sim_get_execution_context(std::uint32_t *block, std::uint32_t *sub_block,
                                                std::uint32_t *sub_block_dim) {
  const Execution &here = execution();
  if (block != nullptr) *block = here.block;
  if (sub_block != nullptr) *sub_block = here.sub_block;
  if (sub_block_dim != nullptr) *sub_block_dim = here.sub_block_dim;
}

EXPORTED void pto_cpu_sim_set_execution_context(std::uint32_t block, std::uint32_t sub_block,
                                                std::uint32_t sub_block_dim) {
  execution() = {block, sub_block, sub_block_dim};
}

EXPORTED std::uint64_t pto_cpu_sim_get_task_cookie() { return bound != nullptr ? bound->cookie : 0; }

EXPORTED void *pto_cpu_sim_get_shared_storage(std::string key, std::size_t size) {
  return find({key.data(), key.size(), 0, 0}, size, key.c_str());
}

EXPORTED std::uint32_t pto_sim_get_subblock_id() { return execution().sub_block; }

EXPORTED void *pto_sim_get_pipe_shared_state(std::uint64_t key, std::size_t size) {
  char name[24];
  std::snprintf(name, sizeof name, "0x%llx", static_cast<unsigned long long>(key));
  return find({nullptr, 0, execution().block, key}, size, name);
}
