// SPDX-License-Identifier: Apache-2.0
//
// Shared by the fuzz targets: the input in a block of exactly its size, and properties that must hold.
#ifndef HAL_TESTS_FUZZ_PROPERTIES_HPP_
#define HAL_TESTS_FUZZ_PROPERTIES_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace hal::fuzz {

// libFuzzer calls this. Returns 0, or ends the process if the input breaks a property.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

// A copy in a heap block of exactly that size, so that the address sanitizer reports a read of one byte past its end.
// An empty input is a null pointer.
class Exact {
 public:
  Exact(const std::uint8_t *data, std::size_t size);

  std::span<char> bytes() noexcept { return {block_.get(), size_}; }
  std::string_view text() const noexcept { return {block_.get(), size_}; }

 private:
  std::unique_ptr<char[]> block_;
  std::size_t size_;
};

// The same for an ELF file. A header for x86-64 or aarch64 becomes a header for this machine, so that one corpus serves
// both machines.
Exact exact_elf(const std::uint8_t *data, std::size_t size);

// Ends the process with "broke: <property>" on stderr unless it holds.
void holds(bool condition, std::string_view property, std::string_view detail = {});

bool is_utf8(std::string_view text);

// True if a message can be shown whole: UTF-8, not empty, and shorter than the 1 KiB of hal_last_error.
bool is_message(std::string_view text);

// True if the bytes are a 64-bit, little-endian ELF shared object of this machine with complete loadable segments. This
// check shares no code with the product.
bool is_whole_object(std::span<const char> bytes);

}  // namespace hal::fuzz

#endif  // HAL_TESTS_FUZZ_PROPERTIES_HPP_
