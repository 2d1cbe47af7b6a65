// SPDX-License-Identifier: Apache-2.0
#include "sim/wire/channel.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hal::sim::wire {
namespace {

union FdBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

bool send_message(int socket, const void *message, std::size_t size, int fd) noexcept {
  iovec part = {const_cast<void *>(message), size};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  FdBuffer buffer = {};
  if (fd >= 0) {
    header.msg_control = buffer.bytes;
    header.msg_controllen = sizeof buffer.bytes;
    cmsghdr *entry = CMSG_FIRSTHDR(&header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(entry), &fd, sizeof fd);
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(size);
}

bool receive_message(int socket, void *message, std::size_t size, int &fd) noexcept {
  iovec part = {message, size};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  FdBuffer buffer = {};
  header.msg_control = buffer.bytes;
  header.msg_controllen = sizeof buffer.bytes;
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  int received = -1;
  if (const cmsghdr *entry = got >= 0 ? CMSG_FIRSTHDR(&header) : nullptr;
      entry != nullptr && entry->cmsg_level == SOL_SOCKET && entry->cmsg_type == SCM_RIGHTS)
    std::memcpy(&received, CMSG_DATA(entry), sizeof received);
  const bool whole = got == static_cast<ssize_t>(size);
  if (whole) {
    fd = received;
  } else if (received >= 0) {
    close(received);
  }
  return whole;
}

std::ptrdiff_t receive_now(int socket, void *message, std::size_t size) noexcept {
  ssize_t got = 0;
  do {
    got = recv(socket, message, size, MSG_DONTWAIT | MSG_TRUNC);
  } while (got < 0 && errno == EINTR);
  if (got >= 0) return got;
  return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
}

void put_text(char *field, std::size_t size, std::string_view text) noexcept {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(field, text.data(), length);
  field[length] = '\0';
}

}  // namespace hal::sim::wire
