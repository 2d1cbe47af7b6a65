# SPDX-License-Identifier: Apache-2.0
"""A kernel that uses host memory in place: a case for ``python -m npuhal.run``. See README.md.

The kernel adds 1 to each element of the mapped memory, in place. It also writes the result to a buffer that is copied
back. The case compares both.
"""
import numpy as np

import npuhal

ROWS, COLUMNS = 128, 128

BLOCK_COUNT = 8
RTOL = ATOL = 0.0
__outputs__ = ["shared", "copy"]

_memory = None


def generate_inputs(params):
    """Return the arguments of the kernel, in their order."""
    global _memory
    _memory = npuhal.malloc_host_device_share_mem(ROWS * COLUMNS * np.dtype(np.float32).itemsize)
    shared = _memory.numpy(np.float32, (ROWS, COLUMNS))
    shared.flat = np.arange(ROWS * COLUMNS)
    return {
        "shared": npuhal.InOut(shared),  # no copy: the kernel gets the mapped address
        "copy": npuhal.Out(np.zeros((ROWS, COLUMNS), np.float32)),
        "count": np.uint32(ROWS * COLUMNS),
    }


def compute_golden(inputs, params):
    """Return the expected contents of both arrays."""
    return {"shared": inputs["shared"] + 1, "copy": inputs["shared"] + 1}


def post_run_collect(outputs, params):
    """Free the memory. This runs after every case, also if generate_inputs failed."""
    if _memory is not None:
        npuhal.free_host_device_share_mem(_memory)
