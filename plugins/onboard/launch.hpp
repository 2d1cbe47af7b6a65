// SPDX-License-Identifier: Apache-2.0
//
// Launches: converts libhal's argument words for the vendor's launch calls.
#ifndef HAL_PLUGINS_ONBOARD_LAUNCH_HPP_
#define HAL_PLUGINS_ONBOARD_LAUNCH_HPP_

#include <array>
#include <cstddef>
#include <cstdint>

#include "hal/hal_plugin.h"
#include "onboard/vendor_abi.hpp"
#include "support/tensor_descriptor.hpp"

namespace hal::onboard {

class Device;
class Stream;

// One packed buffer. For ARGS_ARRAY and ARGS_DESCRIPTORS it holds one parameter, the address of the 48 words, then the
// words, then the descriptors. The runtime copies the buffer to the device and writes the addresses there. For C it
// holds only the words.
class HostArguments {
 public:
  // The vendor's limit for small data. The words and 12 descriptors fit.
  static constexpr std::size_t kMaxBytes = 2048;
  static constexpr std::size_t kWordsOffset = 64;
  static constexpr std::size_t kWordsBytes = HAL_ARGS_PARAMETER_WORDS * sizeof(std::uint64_t);
  static constexpr std::size_t kDescriptorsOffset = kWordsOffset + kWordsBytes;
  static constexpr std::size_t kMaxDescriptors = (kMaxBytes - kDescriptorsOffset) / sizeof(HalTensorDescriptor);

  // Throws plugin::Failure, UNSUPPORTED, if there are more than kMaxDescriptors descriptors.
  explicit HostArguments(const hal_launch_v1_t &launch);

  std::byte *data() { return bytes_.data(); }
  std::size_t size() const { return size_; }
  PlaceHolder *place_holders() { return place_holder_count_ == 0 ? nullptr : place_holders_.data(); }
  std::size_t place_holder_count() const { return place_holder_count_; }

 private:
  void add_place_holder(std::size_t address_offset, std::size_t data_offset);
  void put_words(const hal_launch_v1_t &launch);
  void put_descriptors(const hal_launch_v1_t &launch);

  alignas(64) std::array<std::byte, kMaxBytes> bytes_;
  std::array<PlaceHolder, 1 + kMaxDescriptors> place_holders_;
  std::size_t size_ = 0;
  std::size_t place_holder_count_ = 0;
};
static_assert(HostArguments::kDescriptorsOffset % 64 == 0, "descriptors are 64-byte aligned");
static_assert(HostArguments::kMaxDescriptors >= 12);

// Throws plugin::Failure.
std::uint64_t launch(Device &device, Stream &stream, const hal_launch_v1_t &launch);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_LAUNCH_HPP_
