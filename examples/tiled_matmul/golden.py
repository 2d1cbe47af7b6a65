# SPDX-License-Identifier: Apache-2.0
"""c = a @ b by tiles on the cube cores: a case for ``python -m npuhal.run``. See README.md."""
import numpy as np

ENGINE = "aic"
BLOCK_COUNT = 4
KERNEL_DEFINES = {"TILE": 16}
__outputs__ = ["c"]

# The kernel adds in float32 and in another order than NumPy, which uses float64 here.
RTOL = 1e-4
ATOL = 1e-4

ALL_CASES = {
    "one_tile": {"m": 16, "k": 16, "n": 16},
    "square": {"m": 64, "k": 64, "n": 64},
    "ragged": {"m": 37, "k": 53, "n": 29},
    "smaller_than_a_tile": {"m": 3, "k": 5, "n": 2},
    "row_by_column": {"m": 1, "k": 1000, "n": 1},
    "column_by_row": {"m": 100, "k": 1, "n": 70},
    "one_block": {"m": 40, "k": 24, "n": 56, "block_count": 1},
    "more_blocks_than_tiles": {"m": 20, "k": 20, "n": 20, "block_count": 24},
}


def generate_inputs(params):
    """Return the arguments of the kernel, in their order."""
    m, k, n = params["m"], params["k"], params["n"]
    random = np.random.default_rng(seed=1)
    return {
        "a": random.standard_normal((m, k), np.float32),
        "b": random.standard_normal((k, n), np.float32),
        "c": np.full((m, n), np.nan, np.float32),  # the kernel must write each element
        "m": np.uint32(m),
        "k": np.uint32(k),
        "n": np.uint32(n),
    }


def compute_golden(inputs, params):
    """Write the expected product into c."""
    inputs["c"][:] = inputs["a"].astype(np.float64) @ inputs["b"].astype(np.float64)
