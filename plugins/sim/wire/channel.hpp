// SPDX-License-Identifier: Apache-2.0
//
// The slow path between host and device process: how the process is started, and requests with a file descriptor over a
// socket pair. There is one request at a time and one reader at each end.
#ifndef HAL_PLUGINS_SIM_WIRE_CHANNEL_HPP_
#define HAL_PLUGINS_SIM_WIRE_CHANNEL_HPP_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hal::sim::wire {

// Descriptors that the device process starts with.
inline constexpr int kControlFd = 3;  // memory of wire::Control
inline constexpr int kArenaFd = 4;    // device memory
inline constexpr int kWindowFd = 5;   // memory shared with the host
inline constexpr int kSocketFd = 6;   // requests

// argv[1 …] of the device process. In hexadecimal: wire version, host's process id, address and size of the arena,
// address and size of the window. Then as text: the label of what kernels print, and the path of hal-sim-hooks.so. The
// process answers with one Reply: HAL_OK, or what it could not map, with errno in value.
inline constexpr int kArgumentCount = 9;

// kStart is not a request: it marks the reply that the device process sends first.
enum class RequestKind : std::uint32_t { kStart = 0, kLoad, kUnload, kFind, kStop };

struct Request {
  RequestKind kind;
  std::uint32_t number;  // of the request, from 1 on
  std::uint32_t object;  // load: the number that the host gives to the object; unload, find: its number
  char name[492];        // find: the kernel
};

// The order is such that the reply to a start can be read by a host of another build.
struct Reply {
  std::int32_t status;   // hal_status_t
  std::uint32_t number;  // of the request
  std::uint64_t value;   // find: the function; load: the object's address; start: errno
  char text[1000];       // on failure
  RequestKind kind;      // of the request
  std::uint32_t unused;
};

// Sends one message, without waiting. fd = −1: no descriptor. Returns false if the other end is gone or does not read.
bool send_message(int socket, const void *message, std::size_t size, int fd = -1) noexcept;
// Receives one message of exactly size bytes, without waiting. The caller owns the received descriptor, which is closed
// on exec. Returns false if there is no message, or one of another size.
bool receive_message(int socket, void *message, std::size_t size, int &fd) noexcept;
// Receives one message without waiting, and discards descriptors. Returns the size of the message, of which at most
// `size` bytes are stored; 0: the other end is gone; −1: there is no message.
std::ptrdiff_t receive_now(int socket, void *message, std::size_t size) noexcept;

// Copies text into a fixed field, truncated if needed, with a terminating NUL.
void put_text(char *field, std::size_t size, std::string_view text) noexcept;

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_CHANNEL_HPP_
