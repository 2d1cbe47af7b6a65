// SPDX-License-Identifier: Apache-2.0
//
// The slow path between host and device process: requests with a file descriptor, over a socket pair. One request at a
// time, one reader on each end.
#ifndef HAL_PLUGINS_SIM_WIRE_CHANNEL_HPP_
#define HAL_PLUGINS_SIM_WIRE_CHANNEL_HPP_

#include <cstdint>
#include <string_view>

namespace hal::sim::wire {

enum class RequestKind : std::uint32_t { kLoad = 1, kUnload, kFind, kStop };

struct Request {
  RequestKind kind;
  std::uint32_t object;  // unload, find
  char name[496];        // find: the kernel
};

struct Reply {
  std::int32_t status;   // hal_status_t
  std::uint32_t object;  // load
  std::uint64_t value;   // find: the function; load: where the object lies; start: errno
  char text[1008];       // on failure
};

// Sends or receives exactly one message of size bytes. fd: −1 = none; a received one belongs to the caller and is
// closed on exec. False: the other end is gone (or, with a message of another size, not of this build).
bool send_message(int socket, const void *message, std::size_t size, int fd = -1) noexcept;
bool receive_message(int socket, void *message, std::size_t size, int *fd = nullptr) noexcept;

// Copies text into a fixed field, cut to fit, with a terminating NUL.
void put_text(char *field, std::size_t size, std::string_view text) noexcept;

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_CHANNEL_HPP_
