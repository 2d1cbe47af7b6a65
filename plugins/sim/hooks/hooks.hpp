// SPDX-License-Identifier: Apache-2.0
//
// The interface between the engine and hal-sim-hooks.so, the library with the tile library's hooks. Every object of the
// process can see that library, so it knows only which worker runs on the calling thread. The engine does the rest.
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

// Names storage. The state of a pipe belongs to one block and has a number. Other storage belongs to the launch and has
// a text.
struct Key {
  const char *text;  // null: state of a pipe
  std::size_t text_bytes;
  std::uint32_t block;
  std::uint64_t pipe;
};

struct Found {
  void *start;      // null on failure
  const char *why;  // the cause of the failure, or null
};

// The state of one thread that runs blocks. Only that thread reads and writes it.
struct Binding {
  Execution execution;
  std::uint64_t cookie;  // of the launch: unique while the device is open, and below 2^48
  void *storage;
  Found (*find)(void *storage, const Key &key, std::size_t size_bytes);
};

struct Variable {
  const char *name;
  const char *value;
};

struct Table {
  // Makes the hooks use binding on the calling thread. binding must outlive the thread.
  void (*bind)(Binding *binding);
  // Sets environment variables of the process, for HAL_SIM_PROCESS=0. Only the first caller sets them. Returns NULL if
  // they have the requested values now, or else the owner of the values that they have.
  const char *(*set_variables)(const char *owner, const Variable *variables, std::size_t count);
};

inline constexpr char kTableName[] = "hal_sim_hooks_v1";

}  // namespace hal::sim::hooks

#endif  // HAL_PLUGINS_SIM_HOOKS_HOOKS_HPP_
