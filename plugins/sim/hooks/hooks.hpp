// SPDX-License-Identifier: Apache-2.0
//
// Between the engine and the library of the tile library's hooks (hal-sim-hooks.so). That library is open to every
// object of its process, so it holds as little as it can: which worker runs on the calling thread. The rest is the
// engine's.
#ifndef HAL_PLUGINS_SIM_HOOKS_HOOKS_HPP_
#define HAL_PLUGINS_SIM_HOOKS_HOOKS_HPP_

#include <cstddef>
#include <cstdint>

namespace hal::sim::hooks {

struct Execution {
  std::uint32_t block;
  std::uint32_t sub_block;
  std::uint32_t sub_block_dim;
};

// What storage is asked for: a pipe's is each block's own, and found by number; other storage is the launch's, by text.
struct Key {
  const char *text;  // null: a pipe's
  std::size_t text_bytes;
  std::uint32_t block;
  std::uint64_t pipe;
};

// Why there is no storage: null where there is.
struct Found {
  void *start;
  const char *why;
};

// One thread that runs blocks. Written and read on that thread alone.
struct Binding {
  Execution execution;
  std::uint64_t cookie;  // of the launch: never twice while the device is open, and less than 2^48
  void *storage;
  Found (*find)(void *storage, const Key &key, std::size_t size_bytes);
};

struct Variable {
  const char *name;
  const char *value;
};

struct Table {
  // From now on, the hooks speak of this on the calling thread. It outlives the thread.
  void (*bind)(Binding *binding);
  // Sets the process's environment variables, for kernels on threads of the host. The first owner's values stay: NULL,
  // or the owner whose other values they are.
  const char *(*set_variables)(const char *owner, const Variable *variables, std::size_t count);
};

inline constexpr char kTableName[] = "hal_sim_hooks_v1";

}  // namespace hal::sim::hooks

#endif  // HAL_PLUGINS_SIM_HOOKS_HOOKS_HPP_
