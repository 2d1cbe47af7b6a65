# SPDX-License-Identifier: Apache-2.0
"""Host-device shared memory as Python sees it."""

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

_log = logging.getLogger("npuhal")


class SharedMemory(_core.SharedObject):
    """Host memory that kernels read and write in place.

    Made by malloc_host_device_share_mem, empty_shared and zeros_shared. As a kernel argument it is the tensor of its shape
    and dtype, read and written in place; nothing is copied. ``host_ptr, device_addr = m`` gives the two addresses; from then
    on the worker owns the memory until it is freed by its host pointer, or finalized.

    Views (numpy(), memoryview, DLPack) keep the memory alive: close() refuses while one lives, and finalize() leaves the
    memory, and the device with it, to the last of them. Any thread.
    """

    _allocated = False  # until then there is no object of the extension module to ask

    def __init__(self, worker: _core.Worker, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        code = _dtypes.code_of(dtype)
        #: The element type. The two bytes of a bfloat16 are a uint16 where NumPy has no such type.
        self.dtype: np.dtype[Any] = np.dtype(np.uint16 if isinstance(dtype, str) and dtype == "bfloat16" else dtype)
        #: Dimensions, outermost first.
        self.shape: tuple[int, ...] = shape
        self._handed_over = False
        character = self.dtype.char if self.dtype.name != "bfloat16" else "H"
        size = math.prod(shape) * self.dtype.itemsize
        if size >= 2**63:
            raise MemoryError(f"{size} bytes of shared memory are more than any machine has")
        super().__init__(worker, size, list(shape), character, self.dtype.itemsize, code)
        self._allocated = True

    def numpy(
        self, dtype: Optional[npt.DTypeLike] = None, shape: Optional[tuple[int, ...]] = None
    ) -> npt.NDArray[Any]:
        """The memory as an array, without a copy. dtype and shape: another reading of the same bytes; without a shape they
        are one dimension. ValueError: closed, or they do not fit."""
        buffer: Any = self  # of a class that NumPy's stubs do not know to be one
        flat = np.frombuffer(buffer, dtype=np.uint8)
        if dtype is None and shape is None:
            return flat.view(self.dtype).reshape(self.shape)
        array = flat.view(self.dtype if dtype is None else dtype)
        return array if shape is None else array.reshape(shape)

    def close(self) -> None:
        """Unmaps and frees the memory; the second time does nothing. On a lost device it works too, with a warning in the
        log. BufferError: views live. Busy: a launch that was submitted uses it."""
        self._after(self.try_close())

    def _after(self, closed: str) -> None:
        if closed == "has views":
            raise BufferError(
                f"{self.nbytes} bytes of shared memory at {self.host_ptr:#x} cannot be freed while views of them live "
                f"({self.views}); delete the NumPy arrays and memoryviews first (an exception's traceback keeps some alive)"
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
        # The frames of an exception may hold views, and a failure here must not hide it.
        try:
            self.close_with_last_view()
        except Exception as failure:
            error.add_note(f"and {self!r} could not be freed: {failure}")

    def __dlpack__(self, *, stream: None = None) -> Any:
        """DLPack's capsule of the host's view."""
        if stream is not None:
            raise ValueError(f"stream is {stream!r}; the host's view has no stream: leave it out")
        return self.numpy().__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU

    def __repr__(self) -> str:
        if not self._allocated:
            return "<npuhal.SharedMemory that could not be allocated>"
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
        except Exception as failure:  # the worker keeps it, and frees it at its end
            _log.warning("shared memory that nobody holds could not be freed yet: %s", failure)


def note_lost(nbytes: int, host_ptr: int) -> None:
    """Tells that memory was freed on a device that is lost."""
    _log.warning(
        "%d bytes of shared memory at %#x were freed after the device was lost; what kernels wrote last may be missing",
        nbytes,
        host_ptr,
    )


def empty_pages(shape: Any, dtype: npt.DTypeLike = np.uint8) -> npt.NDArray[Any]:
    """An array over whole private pages of its own, zeroed, as register_host wants them. shape: an int or a tuple."""
    dims = _dtypes.shape_of(shape)
    wanted = np.dtype(dtype)
    pages = mmap.mmap(-1, math.prod(dims) * wanted.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, dtype=wanted).reshape(dims)
