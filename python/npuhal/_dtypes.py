# SPDX-License-Identifier: Apache-2.0
"""Element types and shapes: from NumPy's terms to those of kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core

_KINDS = {"f": "float", "bf": "bfloat", "i": "int", "u": "uint"}


def _numpy_name(name: str) -> str:
    """Returns NumPy's name of a HAL_DTYPE_*: "float32" for "f32"."""
    kind = name.rstrip("0123456789")
    return _KINDS.get(kind, kind) + name[len(kind):]


# HAL_DTYPE_* of hal/hal.h by NumPy's name. NumPy knows "bfloat16" only with a package such as ml_dtypes.
CODES = {_numpy_name(name): value for name, value in _core.DTYPES.items()}


def code_of(dtype: Any) -> int:
    """Returns HAL_DTYPE_* for a NumPy dtype, for anything that numpy.dtype() takes, or for the name "bfloat16".

    TypeError: kernels do not support the type.
    """
    if isinstance(dtype, str) and dtype == "bfloat16":
        return CODES["bfloat16"]
    wanted = np.dtype(dtype)
    code = CODES.get(wanted.name)
    if code is None or not wanted.isnative:
        raise TypeError(
            f"kernels do not support elements of {wanted!r}; "
            f"use one of {', '.join(CODES)} in this machine's byte order"
        )
    return code


def shape_of(shape: Any) -> tuple[int, ...]:
    """Returns the shape as a tuple; an int is one dimension. TypeError: not integers. ValueError: no elements."""
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    dims = tuple(int(d) for d in shape)
    if not dims or any(d < 1 for d in dims):
        raise ValueError(f"shape {dims} has no elements; give one dimension or more, each at least 1")
    return dims
