// SPDX-License-Identifier: Apache-2.0
// Usage: HAL_BACKEND=a2a3-sim cpp_quickstart <kernels>/a2a3-sim/vector_add.so
#include <hal/chip_worker.hpp>
#include <iostream>
#include <vector>

int main(int argc, char **argv) try {
  const std::vector<float> a(1000, 40.0f), b(1000, 2.0f);
  std::vector<float> sum(1000);
  hal::ChipWorker worker;
  worker.init();  // the backend that HAL_BACKEND names
  const hal::Kernel add = worker.load(argc > 1 ? argv[1] : "vector_add.so").kernel("vector_add");
  worker.run(add, {hal::in(a), hal::in(b), hal::out(sum), hal::scalar(1000u)}, {.block_count = 8});
  worker.finalize();
  std::cout << "sum[0] = " << sum.front() << ", sum[999] = " << sum.back() << '\n';
} catch (const hal::Error &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
