// SPDX-License-Identifier: Apache-2.0
//
// Checks what a device process sends. A kernel can write anything to the control socket.
#ifndef HAL_PLUGINS_SIM_HOST_PROCESS_REPLY_HPP_
#define HAL_PLUGINS_SIM_HOST_PROCESS_REPLY_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/host/process/engine_host.hpp"
#include "sim/wire/channel.hpp"

namespace hal::sim {

// message: the stored bytes of a message of size_bytes, of which at most sizeof(wire::Reply) are stored. Returns the
// reply to the call, whose text ends with NUL. Nothing: the message is something else, and `why` says what it is.
std::optional<wire::Reply> parse_reply(const std::byte *message, std::size_t size_bytes, const Call &call,
                                       std::string &why);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROCESS_REPLY_HPP_
