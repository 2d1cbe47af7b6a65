// SPDX-License-Identifier: Apache-2.0
//
// Devices of a backend: counted, or opened and read.
#ifndef TOOLS_HALPROBE_DEVICES_HPP_
#define TOOLS_HALPROBE_DEVICES_HPP_

#include <string>
#include <vector>

#include "library.hpp"

namespace halprobe {

// Throws LibraryError if the backend cannot count, or a device cannot be opened.
std::vector<Device> read_devices(const std::string &backend, const DeviceWish &wish);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_DEVICES_HPP_
