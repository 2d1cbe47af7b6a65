// SPDX-License-Identifier: Apache-2.0
#include "device.hpp"

#include <fmt/format.h>

#include <utility>

#include "device_children.hpp"
#include "stream.hpp"

namespace hal::core {
namespace {

constexpr std::uint64_t kMaxBlocksUnlessTold = 65535;

}  // namespace

Device::Device(Plugin &plugin, std::uint32_t ordinal, hal_pdev_t pdev, std::uint64_t handle)
    : plugin_(plugin), ordinal_(ordinal), pdev_(pdev), handle_(handle), children_(std::make_unique<DeviceChildren>()) {}

Device::~Device() = default;

std::string Device::name() const { return fmt::format("{}:{}", plugin_.name(), ordinal_); }

void Device::set_own_stream(std::unique_ptr<Stream> stream) noexcept { own_stream_ = std::move(stream); }

void Device::read_limits() {
  const QuietErrors quiet;
  std::uint64_t blocks = 0;
  const hal_status_t status = call<&Ops::device_query>("device_query", HAL_PROPERTY_MAX_BLOCKS, &blocks);
  max_blocks_ = status == HAL_OK ? blocks : kMaxBlocksUnlessTold;
}

}  // namespace hal::core
