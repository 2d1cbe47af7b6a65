// SPDX-License-Identifier: Apache-2.0
//
// Kernels that print in different ways.
#include <assert.h>
#include <stdio.h>

#include <atomic>
#include <iostream>
#include <thread>

#include "hal/kernel.h"

HAL_KERNEL(print_each_way) {
  printf("printf %d\n", 1);
  puts("puts");
  fputs("fputs\n", stdout);
  fprintf(stderr, "stderr %s\n", "text");
  std::cout << "cout " << 2 << '\n';
  std::cerr << "cerr " << 3 << std::endl;
  putchar('c');
  putchar('\n');
}

HAL_KERNEL(print_in_parts) {
  printf("one ");
  fprintf(stderr, "two ");
  std::cout << "three";
  printf("\n\nfour\nfive");
}

// Slot 0: the number of characters in one line.
HAL_KERNEL(print_long_line) {
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 0); ++i) putchar(static_cast<char>('a' + i % 26));
  putchar('\n');
}

// Slot 0: two flags. Two blocks print at the same time, character by character; neither ends before both have started.
HAL_KERNEL(print_together) {
  auto *flags = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  const uint32_t block = hal_block_index(args);
  flags[block].store(1);
  while (flags[1 - block].load() == 0) {
  }
  for (int line = 0; line < 200; ++line) {
    for (int i = 0; i < 20; ++i) putchar(block == 0 ? 'a' : 'b');
    putchar('\n');
  }
}

// Slot 0: counter. Each block prints its index, and stores it at the next position.
HAL_KERNEL(print_order) {
  auto *words = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  const uint32_t turn = words[0].fetch_add(1);
  words[1 + turn].store(hal_block_index(args));
  printf("turn %u: block %u of %u", turn, hal_block_index(args), hal_block_count(args));
}

HAL_KERNEL(print_in_own_thread) {
  std::thread([] { printf("from a thread"); }).join();
  printf("from the block\n");
}

HAL_KERNEL(print_and_crash) {
  printf("whole\nabout to crash");
  *hal_arg_pointer<volatile uint32_t>(args, 0) = 1;
}

HAL_KERNEL(print_rest_and_crash) {
  printf("about to crash");
  *hal_arg_pointer<volatile uint32_t>(args, 0) = 1;
}

HAL_KERNEL(print_and_hang) {
  printf("about to hang");
  for (volatile uint64_t i = 0;;) i = i + 1;
}

HAL_KERNEL(assert_two_is_three) {
  const uint64_t two = hal_arg_scalar<uint64_t>(args, 0);
  printf("before ");
  assert(two == 3 && "two is three");
}
