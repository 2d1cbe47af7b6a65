# SPDX-License-Identifier: Apache-2.0
"""Host-device shared memory."""

from __future__ import annotations

import logging
import math
import mmap
import os
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Optional

import numpy as np
import numpy.typing as npt

from . import _core, _dtypes
from ._copying import NotCopied

_log = logging.getLogger("npuhal")


class SharedMemory(NotCopied, _core.SharedObject):
    """Host memory that kernels read and write in place.

    malloc_host_device_share_mem(), empty_shared() and zeros_shared() make it. As a kernel argument it is a tensor with
    its shape and dtype, which the kernel reads and writes without a copy.

    The object owns the memory. ``host_ptr, device_addr = m`` returns both addresses and passes the ownership to the
    worker: the memory then lives until it is freed by its host pointer, or until the worker is finalized.

    Views (numpy(), memoryview, DLPack) keep the memory alive. While a view lives, close() fails. If a view lives when
    the worker is finalized, the memory and the device stay open until the last view is deleted. Any thread may use it.
    """

    _allocated = False  # the properties of the base class work only once this is True

    def __init__(self, worker: _core.Worker, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        code = _dtypes.code_of(dtype)
        #: The element type. uint16 stands for bfloat16 where NumPy lacks that type.
        self.dtype: np.dtype[Any] = np.dtype(np.uint16 if isinstance(dtype, str) and dtype == "bfloat16" else dtype)
        #: Dimensions, outermost first.
        self.shape: tuple[int, ...] = shape
        self._handed_over = False
        character = self.dtype.char if self.dtype.name != "bfloat16" else "H"
        size = math.prod(shape) * self.dtype.itemsize
        if size >= 2**63:
            raise MemoryError(f"the size of the shared memory is {size} bytes, the limit is {2**63 - 1}")
        super().__init__(worker, size, list(shape), character, self.dtype.itemsize, code)
        self._allocated = True

    def numpy(
        self, dtype: Optional[npt.DTypeLike] = None, shape: Optional[tuple[int, ...]] = None
    ) -> npt.NDArray[Any]:
        """Returns the memory as an array, without a copy.

        dtype, shape: read the same bytes as other elements. With a dtype and no shape the array has one dimension.
        The array is a view: it keeps the memory alive. ValueError: the memory is closed, or dtype and shape do not fit.
        """
        buffer: Any = self  # the type checker does not know that the class has the buffer protocol
        flat = np.frombuffer(buffer, dtype=np.uint8)
        if dtype is None and shape is None:
            return flat.view(self.dtype).reshape(self.shape)
        array = flat.view(self.dtype if dtype is None else dtype)
        return array if shape is None else array.reshape(shape)

    def close(self) -> None:
        """Unmaps and frees the memory. On closed memory it does nothing. On a lost device it logs a warning.

        BufferError: views live. Busy: a submitted launch uses the memory. After either, the memory is unchanged.
        """
        self._after(self.try_close())

    def _after(self, closed: str) -> None:
        if closed == "has views":
            raise BufferError(
                f"{self.nbytes} bytes of shared memory at {self.host_ptr:#x} cannot be freed while views of them live "
                f"({self.views}); delete the NumPy arrays and memoryviews first (a traceback may hold some)"
            )
        if closed == "freed on a lost device":
            note_lost(self.nbytes, self.host_ptr)

    def __iter__(self) -> Iterator[int]:
        self._handed_over = True
        return iter((self.host_ptr, self.device_addr))

    def __enter__(self) -> SharedMemory:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if error is None:
            self.close()
            return
        # The frames of the exception may hold views. A failure here must not hide the exception.
        try:
            self.close_with_last_view()
        except Exception as failure:
            error.add_note(f"{self!r} could not be freed: {failure}")

    def __dlpack__(self, *, stream: None = None) -> Any:
        """Returns the DLPack capsule of the host memory. stream must be None. ValueError: it is not."""
        if stream is not None:
            raise ValueError(f"stream is {stream!r}; host memory has no stream, so leave it out")
        return self.numpy().__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU

    def __repr__(self) -> str:
        if not self._allocated:
            return "<npuhal.SharedMemory, not allocated>"
        state = ", closed" if self.closed else ""
        return (
            f"<npuhal.SharedMemory {self.nbytes} bytes, host {self.host_ptr:#x}, device {self.device_addr:#x}, "
            f"{self.dtype.name}{list(self.shape)}{state}>"
        )

    def __del__(self) -> None:
        if not self._allocated or self._handed_over or self.process != os.getpid() or self.closed:
            return
        warnings.warn(f"never freed: {self!r}", ResourceWarning, stacklevel=2, source=self)
        try:
            self.close_with_last_view()
        except Exception as failure:  # the worker frees it in finalize()
            _log.warning("unreferenced shared memory could not be freed yet: %s", failure)


def note_lost(nbytes: int, host_ptr: int) -> None:
    """Logs that shared memory was freed on a lost device."""
    _log.warning(
        "%d bytes of shared memory at %#x were freed after the device was lost; the last kernel writes may be missing",
        nbytes,
        host_ptr,
    )


def empty_pages(shape: Any, dtype: npt.DTypeLike = np.uint8) -> npt.NDArray[Any]:
    """Returns a zeroed array in private pages of its own, which register_host() accepts.

    shape: an int or a tuple. dtype: any NumPy dtype. The array owns the pages. TypeError, ValueError: a wrong shape.
    """
    dims = _dtypes.shape_of(shape)
    wanted = np.dtype(dtype)
    pages = mmap.mmap(-1, math.prod(dims) * wanted.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, dtype=wanted).reshape(dims)
