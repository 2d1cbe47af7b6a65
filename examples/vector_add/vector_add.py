# SPDX-License-Identifier: Apache-2.0
"""Usage: HAL_BACKEND=a2a3-sim python vector_add.py <kernels>/a2a3-sim/vector_add.so"""
import sys

import numpy as np

import npuhal


def main() -> int:
    a = np.full(1000, 40, np.float32)
    b = np.full(1000, 2, np.float32)
    total = np.empty_like(a)
    with npuhal.open() as worker:  # the backend that HAL_BACKEND names
        add = worker.load(sys.argv[1] if len(sys.argv) > 1 else "vector_add.so").kernel("vector_add")
        worker.run(add, npuhal.In(a), npuhal.In(b), npuhal.Out(total), np.uint32(a.size), block_count=8)
    print(f"sum[0] = {total[0]:g}, sum[999] = {total[999]:g}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except npuhal.Error as error:
        sys.exit(f"vector_add.py: {error}")
