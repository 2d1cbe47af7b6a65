# SPDX-License-Identifier: Apache-2.0
"""Kernel arguments that are more than a number."""

from __future__ import annotations

from typing import Any, Literal, Optional

import numpy.typing as npt

from . import _core, _dtypes

Access = Literal["r", "w", "rw"]


def _override(dtype: Optional[str]) -> Optional[int]:
    if dtype is None:
        return None
    if dtype != "bfloat16":
        raise TypeError(f"dtype is {dtype!r}; the array says what its elements are, but for 'bfloat16' over uint16")
    return _dtypes.code_of(dtype)


class In(_core.In):
    """Host data that the kernel reads: an array, or any contiguous buffer. Without a copy if they lie in shared or registered
    memory, else copied to the device before the launch. dtype: "bfloat16" for uint16 data that are that."""

    def __init__(self, data: Any, dtype: Optional[str] = None) -> None:
        super().__init__(data, _override(dtype))


class Out(_core.Out):
    """Host data that the kernel writes, all of them: what it skips is undefined. As In, copied back after the launch."""

    def __init__(self, data: Any, dtype: Optional[str] = None) -> None:
        super().__init__(data, _override(dtype))


class InOut(_core.InOut):
    """Host data that the kernel reads and writes. As In and Out."""

    def __init__(self, data: Any, dtype: Optional[str] = None) -> None:
        super().__init__(data, _override(dtype))


class DeviceTensor(_core.DeviceTensor):
    """A tensor at a device address, which may lie inside an allocation. access: "r", "w" or "rw". Lifetime and bounds are
    checked at the launch."""

    def __init__(self, addr: int, shape: Any, dtype: npt.DTypeLike, access: Access = "rw") -> None:
        super().__init__(addr, list(_dtypes.shape_of(shape)), _dtypes.code_of(dtype), access)


class DeviceMemory(_core.DeviceMemory):
    """size bytes at a device address; None: to the end of the allocation. As DeviceTensor."""

    def __init__(self, addr: int, size: Optional[int] = None, access: Access = "rw") -> None:
        super().__init__(addr, size, access)


class Address(_core.Address):
    """A raw device address: nobody checks its lifetime or bounds."""

    def __init__(self, addr: int) -> None:
        super().__init__(addr)
