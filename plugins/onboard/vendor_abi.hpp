// SPDX-License-Identifier: Apache-2.0
//
// Numbers and layouts of the vendor's ABI, used instead of its headers. They are the same in every release from 8.1.RC1
// to 9.1.0 unless a comment says otherwise.
#ifndef HAL_PLUGINS_ONBOARD_VENDOR_ABI_HPP_
#define HAL_PLUGINS_ONBOARD_VENDOR_ABI_HPP_

#include <cstddef>
#include <cstdint>

namespace hal::onboard {

inline constexpr int kOk = 0;
inline constexpr int kRepeatInitialize = 100002;
inline constexpr int kNoDevice = 207004;
inline constexpr int kNoPermission = 207006;

// The two calls use different numbers for "mapped".
inline constexpr std::int32_t kRegisterV1Mapped = 0;
inline constexpr std::uint32_t kRegisterV2Mapped = 2;

inline constexpr std::int32_t kMallocHugeFirst = 0;
inline constexpr std::uint32_t kRtMemoryDefault = 0;
inline constexpr std::int32_t kMemoryHbm = 1;

inline constexpr std::int32_t kHostToDevice = 1;
inline constexpr std::int32_t kDeviceToHost = 2;
inline constexpr std::int32_t kDeviceToDevice = 3;

inline constexpr std::uint32_t kEventCaptureStreamProgress = 2;
inline constexpr std::int32_t kEventComplete = 1;  // of a recorded event; 0 = not ready

inline constexpr std::int32_t kWaitForever = -1;  // timeout of the synchronise calls; 0 ms is undocumented

// Engines that access host memory mapped for the device (aclrtHostMemMapCapabilities).
inline constexpr std::int32_t kHacAicpu = 1;
inline constexpr std::int32_t kHacAic = 2;
inline constexpr std::int32_t kHacAiv = 3;
inline constexpr std::int32_t kHacSdma = 6;

// aclrtGetDeviceInfo.
inline constexpr std::int32_t kAttributeAicpuCores = 1;
inline constexpr std::int32_t kAttributeCubeCores = 102;
inline constexpr std::int32_t kAttributeVectorCores = 201;
inline constexpr std::int32_t kAttributeUbBytes = 204;
inline constexpr std::int32_t kAttributeL2Bytes = 302;
inline constexpr std::int32_t kAttributeNpuArch = 601;  // from 9.1.0

// One attribute of a launch. The value is a union of 16 bytes; unused bytes must be zero.
inline constexpr std::int32_t kLaunchTimeoutUs = 8;  // from 8.5.0
struct LaunchAttribute {
  std::int32_t id;
  std::uint32_t value[4];  // kLaunchTimeoutUs: the low half, then the high half
};
static_assert(sizeof(LaunchAttribute) == 20);

struct LaunchConfig {
  LaunchAttribute *attributes;
  std::size_t count;
};

// The runtime writes the device address of data_offset into the 8 bytes at address_offset. Both offsets count from the
// start of the arguments.
struct PlaceHolder {
  std::uint32_t address_offset;
  std::uint32_t data_offset;
};
static_assert(sizeof(PlaceHolder) == 8);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_VENDOR_ABI_HPP_
