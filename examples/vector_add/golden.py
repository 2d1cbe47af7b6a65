# SPDX-License-Identifier: Apache-2.0
"""sum = a + b with NumPy arrays: a case for ``python -m npuhal.run``. See README.md."""
import numpy as np

KERNEL_SOURCES = ["../cpp_quickstart/kernels/vector_add.cpp"]
BLOCK_COUNT = 8
__outputs__ = ["sum"]

ALL_CASES = {
    "thousand": {"count": 1000},
    "one_element": {"count": 1},
    "one_block": {"count": 4096, "block_count": 1},
    "big": {"count": 1_000_000},
}


def generate_inputs(params):
    """Return the arguments of the kernel, in their order.

    The kernel reads and writes the arrays that __outputs__ names, and reads the others.
    """
    count = params["count"]
    random = np.random.default_rng(seed=1)
    return {
        "a": random.standard_normal(count, np.float32),
        "b": random.standard_normal(count, np.float32),
        "sum": np.zeros(count, np.float32),
        "count": np.uint32(count),
    }


def compute_golden(inputs, params):
    """Return the expected outputs. inputs are copies."""
    return {"sum": inputs["a"] + inputs["b"]}
