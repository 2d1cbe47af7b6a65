# SPDX-License-Identifier: Apache-2.0
"""Element types: NumPy's, and what kernels call them."""

from __future__ import annotations

from typing import Any

import numpy as np

# HAL_DTYPE_* of hal/hal.h by NumPy's name. bfloat16 is a name only where a package such as ml_dtypes brings it.
_CODES = {
    "float32": 0,
    "float16": 1,
    "int32": 2,
    "int16": 3,
    "int8": 4,
    "uint8": 5,
    "bfloat16": 6,
    "int64": 7,
    "uint64": 8,
    "uint16": 9,
    "uint32": 10,
    "bool": 11,
}


def code_of(dtype: Any) -> int:
    """HAL_DTYPE_* of a NumPy dtype, or of anything that numpy.dtype() takes; "bfloat16" by name.

    Raises TypeError for a type that kernels do not have.
    """
    if isinstance(dtype, str) and dtype == "bfloat16":
        return _CODES["bfloat16"]
    wanted = np.dtype(dtype)
    code = _CODES.get(wanted.name)
    if code is None or not wanted.isnative:
        raise TypeError(
            f"dtype {wanted!r} is no element type of kernels; use one of {', '.join(_CODES)} in this machine's byte order"
        )
    return code


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple: an int is one dimension. Raises TypeError or ValueError."""
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    dims = tuple(int(d) for d in shape)
    if not dims or any(d < 1 for d in dims):
        raise ValueError(f"shape {dims} has no elements; give one dimension or more, each at least 1")
    return dims
