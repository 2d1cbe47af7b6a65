// SPDX-License-Identifier: Apache-2.0
#include "sim/host/process/reply.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "hal/hal.h"
#include "support/text.hpp"

namespace hal::sim {
namespace {

// Every status that a device process sends.
constexpr hal_status_t kStatuses[] = {HAL_OK,           HAL_ERR_INVALID_ARGUMENT, HAL_ERR_NOT_FOUND,
                                      HAL_ERR_INTERNAL, HAL_ERR_UNAVAILABLE,      HAL_ERR_INCOMPATIBLE};

bool is_possible_value(const wire::Reply &reply, const Call &call) {
  switch (reply.kind) {
    case wire::RequestKind::kLoad:
      return reply.value % page_bytes() == 0;
    case wire::RequestKind::kFind:
      return reply.value >= call.begin && reply.value < call.end;
    default:
      return reply.value == 0;
  }
}

}  // namespace

std::optional<wire::Reply> parse_reply(const std::byte *message, std::size_t size_bytes, const Call &call,
                                       std::string &why) {
  const auto refuse = [&why](std::string text) {
    why = std::move(text);
    return std::nullopt;
  };
  if (size_bytes != sizeof(wire::Reply))
    return refuse("a message of " + plugins::count_text(size_bytes, "byte") + ", where a reply has " +
                  std::to_string(sizeof(wire::Reply)));
  wire::Reply reply;
  std::memcpy(&reply, message, sizeof reply);
  if (reply.kind != call.request.kind || reply.number != call.request.number)
    return refuse("the reply to another request");
  if (std::find(std::begin(kStatuses), std::end(kStatuses), reply.status) == std::end(kStatuses))
    return refuse("a reply with the unknown status " + std::to_string(reply.status));
  if (std::memchr(reply.text, '\0', sizeof reply.text) == nullptr) return refuse("a reply whose text does not end");
  if (reply.status == HAL_OK && !is_possible_value(reply, call))
    return refuse("a reply with the impossible address " + plugins::hex_text(reply.value));
  return reply;
}

}  // namespace hal::sim
