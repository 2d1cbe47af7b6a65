# SPDX-License-Identifier: Apache-2.0
"""Kernel arguments other than scalars."""

from __future__ import annotations

from typing import Any, Literal, Optional

import numpy.typing as npt

from . import _core, _dtypes

Access = Literal["r", "w", "rw"]


def _override(dtype: Optional[str]) -> Optional[int]:
    if dtype is None:
        return None
    if dtype != "bfloat16":
        raise TypeError(
            f"dtype is {dtype!r}; it can only be 'bfloat16', over uint16 data. "
            "Leave it out otherwise: the array has its own dtype"
        )
    return _dtypes.code_of(dtype)


class In(_core.In):
    """Host data that the kernel reads.

    data: an array, or another contiguous buffer. Data in shared or registered memory are used in place; other data are
    copied to the device before the launch. dtype: "bfloat16" if the data are bfloat16 values in uint16 elements.
    The object keeps a reference to the data. Wrong data are reported by the launch. TypeError: another dtype.
    """

    def __init__(self, data: Any, dtype: Optional[str] = None) -> None:
        super().__init__(data, _override(dtype))
        self._dtype = dtype

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data, self._dtype)


class Out(_core.Out):
    """Host data that the kernel writes.

    Parameters as for In; the data must be writable. Data outside shared and registered memory are copied back after the
    launch. The kernel must write every element: elements that it does not write have an unspecified value.
    """

    def __init__(self, data: Any, dtype: Optional[str] = None) -> None:
        super().__init__(data, _override(dtype))
        self._dtype = dtype

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data, self._dtype)


class InOut(_core.InOut):
    """Host data that the kernel reads and writes.

    Parameters as for In; the data must be writable. Data outside shared and registered memory are copied before and
    after the launch.
    """

    def __init__(self, data: Any, dtype: Optional[str] = None) -> None:
        super().__init__(data, _override(dtype))
        self._dtype = dtype

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data, self._dtype)


class DeviceTensor(_core.DeviceTensor):
    """A tensor in device memory.

    addr: its device address, which may be inside an allocation. shape: an int or a tuple. access: "r", "w" or "rw".
    The object does not own the memory. The launch checks that the whole tensor is allocated.
    TypeError, ValueError: the shape, dtype or access is wrong.
    """

    def __init__(self, addr: int, shape: Any, dtype: npt.DTypeLike, access: Access = "rw") -> None:
        super().__init__(addr, list(_dtypes.shape_of(shape)), _dtypes.code_of(dtype), access)
        self._rest = (dtype, access)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.addr, self.shape, *self._rest)


class DeviceMemory(_core.DeviceMemory):
    """A range of device memory.

    addr: its device address. size: in bytes; None: up to the end of the allocation. access: "r", "w" or "rw".
    The object does not own the memory. The launch checks that the whole range is allocated.
    ValueError: the size or access is wrong.
    """

    def __init__(self, addr: int, size: Optional[int] = None, access: Access = "rw") -> None:
        super().__init__(addr, size, access)
        self._rest = (size, access)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.addr, *self._rest)


class Address(_core.Address):
    """A device address that the launch passes to the kernel without checking it."""

    def __init__(self, addr: int) -> None:
        super().__init__(addr)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.addr,)
