# SPDX-License-Identifier: Apache-2.0
"""Host memory that a kernel uses in place, as a case for ``python -m npuhal.run``: see README.md.

The kernel adds 1 to each element of the mapped memory, in place, and writes the result to a buffer that is copied back.
Both are compared.
"""
import numpy as np

import npuhal

ROWS, COLUMNS = 128, 128

BLOCK_COUNT = 8
RTOL = ATOL = 0.0
__outputs__ = ["shared", "copy"]

_memory = None


def generate_inputs(params):
    """The kernel's arguments, in their order."""
    global _memory
    _memory = npuhal.malloc_host_device_share_mem(ROWS * COLUMNS * np.dtype(np.float32).itemsize)
    shared = _memory.numpy(np.float32, (ROWS, COLUMNS))
    shared.flat = np.arange(ROWS * COLUMNS)
    return {
        "shared": npuhal.InOut(shared),  # no copy: the kernel is given the mapped address
        "copy": npuhal.Out(np.zeros((ROWS, COLUMNS), np.float32)),
        "count": np.uint32(ROWS * COLUMNS),
    }


def compute_golden(inputs, params):
    """What both must hold afterwards."""
    return {"shared": inputs["shared"] + 1, "copy": inputs["shared"] + 1}


def post_run_collect(outputs, params):
    """Runs whatever happened, also if generate_inputs came to nothing."""
    if _memory is not None:
        npuhal.free_host_device_share_mem(_memory)
