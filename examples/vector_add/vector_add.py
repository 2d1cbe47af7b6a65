# SPDX-License-Identifier: Apache-2.0
# Usage: HAL_BACKEND=a2a3-sim python3 vector_add.py <kernels>/a2a3-sim/vector_add.so
import sys

import numpy as np

import npuhal

with npuhal.open() as worker:  # the backend that HAL_BACKEND names
    add = worker.load(sys.argv[1]).kernel("vector_add")
    with worker.zeros_shared(1000, np.float32) as shared:
        total = shared.numpy()  # the very bytes that the kernel writes: no copy
        a = np.full(1000, 40, np.float32)
        b = np.full(1000, 2, np.float32)
        worker.run(add, npuhal.In(a), npuhal.In(b), shared, np.uint32(1000), block_count=8)
        print(f"sum[0] = {total[0]:g}, sum[999] = {total[999]:g}")
        del total  # a view keeps the memory alive
