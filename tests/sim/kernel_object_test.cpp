// SPDX-License-Identifier: Apache-2.0
#include "sim/host/kernels/kernel_object.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "hal/hal_plugin.hpp"

namespace hal::sim {
namespace {

std::vector<char> good_object() {
  std::ifstream file(HAL_TEST_KERNELS, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string refusal(const std::vector<char> &bytes, const char *backend = "a2a3-sim") {
  try {
    read_kernel_object(std::as_bytes(std::span(bytes)), "object", backend);
  } catch (const plugin::Failure &failure) {
    EXPECT_EQ(failure.status(), HAL_ERR_INVALID_ARGUMENT);
    return failure.what();
  }
  return "";
}

TEST(KernelObjectTest, AGoodObjectHasItsBackendAndItsFunctions) {
  const std::vector<char> bytes = good_object();
  const KernelObject object = read_kernel_object(std::as_bytes(std::span(bytes)), "object", "a2a3-sim");
  EXPECT_EQ(object.backend, "a2a3-sim");
  EXPECT_TRUE(object.functions.contains("add_one"));
}

TEST(KernelObjectTest, AnotherBackendsObjectIsRefusedByName) {
  EXPECT_NE(refusal(good_object(), "a5-sim").find("built for a2a3-sim"), std::string::npos);
}

TEST(KernelObjectTest, TextIsNotAnObject) {
  const char text[] = "int main() {}";
  EXPECT_NE(refusal({text, text + sizeof text}).find("not an ELF file"), std::string::npos);
  EXPECT_NE(refusal({}).find("not an ELF file"), std::string::npos);
}

TEST(KernelObjectTest, ATruncatedObjectIsRefusedAtEveryLength) {
  const std::vector<char> whole = good_object();
  for (std::size_t size = 0; size < whole.size(); size += 61)
    EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), "") << size;
}

TEST(KernelObjectTest, AnotherMachinesObjectIsRefusedWithItsNumber) {
  std::vector<char> bytes = good_object();
  bytes[18] = 0x14;  // PowerPC
  EXPECT_NE(refusal(bytes).find("ELF machine 20"), std::string::npos);
}

}  // namespace
}  // namespace hal::sim
