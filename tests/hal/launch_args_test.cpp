// SPDX-License-Identifier: Apache-2.0
#include "objects/launch_args.hpp"

#include <gtest/gtest.h>

namespace hal::core {
namespace {

hal_arg_t tensor(std::initializer_list<std::uint32_t> shape, std::initializer_list<std::uint32_t> strides = {}) {
  hal_arg_t arg = {};
  arg.type = HAL_ARG_TENSOR;
  arg.dtype = HAL_DTYPE_F16;
  arg.rank = static_cast<std::uint8_t>(shape.size());
  std::copy(shape.begin(), shape.end(), arg.u.tensor.shape);
  std::copy(strides.begin(), strides.end(), arg.u.tensor.strides);
  return arg;
}

TEST(Tensor, ZeroStridesBecomeRowMajor) {
  hal_arg_t arg = tensor({2, 3, 4});
  std::uint64_t bytes = 0;
  ASSERT_TRUE(resolve_tensor(arg, bytes));
  EXPECT_EQ(arg.u.tensor.strides[0], 12u);
  EXPECT_EQ(arg.u.tensor.strides[1], 4u);
  EXPECT_EQ(arg.u.tensor.strides[2], 1u);
  EXPECT_EQ(bytes, 2u * 3 * 4 * 2);
}

TEST(Tensor, TheSpanEndsAfterTheLastElement) {
  std::uint64_t bytes = 0;
  hal_arg_t padded = tensor({3, 4}, {10, 1});
  ASSERT_TRUE(resolve_tensor(padded, bytes));
  EXPECT_EQ(bytes, (1u + 2 * 10 + 3) * 2);
  hal_arg_t broadcast = tensor({100, 4}, {0, 1});
  ASSERT_TRUE(resolve_tensor(broadcast, bytes));
  EXPECT_EQ(bytes, 4u * 2) << "a stride of zero next to a nonzero stride repeats the elements";
}

TEST(Tensor, OverflowIsDetected) {
  std::uint64_t bytes = 0;
  hal_arg_t contiguous = tensor({UINT32_MAX, UINT32_MAX, 2});
  EXPECT_FALSE(resolve_tensor(contiguous, bytes));
  hal_arg_t strided = tensor({UINT32_MAX, UINT32_MAX, 2, 1, 1}, {UINT32_MAX, UINT32_MAX, 1, 1, 1});
  EXPECT_FALSE(resolve_tensor(strided, bytes));
}

TEST(Dtype, SizesAreThoseOfTheElements) {
  EXPECT_EQ(dtype_bytes(HAL_DTYPE_F32), 4u);
  EXPECT_EQ(dtype_bytes(HAL_DTYPE_BF16), 2u);
  EXPECT_EQ(dtype_bytes(HAL_DTYPE_U64), 8u);
  EXPECT_EQ(dtype_bytes(HAL_DTYPE_U16), 2u);
  EXPECT_EQ(dtype_bytes(HAL_DTYPE_BOOL), 1u);
  EXPECT_EQ(dtype_bytes(12), 0u);
}

}  // namespace
}  // namespace hal::core
