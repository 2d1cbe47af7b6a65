# SPDX-License-Identifier: Apache-2.0
"""npuhal.ChipWorker: what a program calls to use one device."""

from __future__ import annotations

import atexit
import concurrent.futures
import os
import threading
import warnings
from types import TracebackType
from typing import Any, Optional, Union

import numpy.typing as npt

from . import _core, _dtypes, _kernels, _registry
from ._errors import invalid_argument
from ._futures import Completer
from ._kernels import Kernel, KernelBinary
from ._memory import SharedMemory, note_lost

# HAL_PROPERTY_* of hal/hal.h
_PROPERTIES = {
    "aic_cores": 1,
    "aiv_cores": 2,
    "aicpu_cores": 3,
    "memory_total_bytes": 10,
    "memory_free_bytes": 11,
    "mapped_total_bytes": 12,
    "mapped_free_bytes": 13,
    "ub_bytes": 20,
    "l1_bytes": 21,
    "l0a_bytes": 22,
    "l0b_bytes": 23,
    "l0c_bytes": 24,
    "l2_bytes": 25,
    "cube_clock_hz": 30,
    "counter_hz": 31,
    "memory_alignment_bytes": 40,
    "register_alignment_bytes": 41,
    "cache_line_bytes": 42,
    "max_blocks": 50,
    "device_process_id": 60,
}


def _check_size(function: str, size: int) -> int:
    if size < 0:
        raise invalid_argument(function, f"the size is {size} bytes", "give at least 1")
    if size >= 2**63:
        raise MemoryError(f"{function}: {size} bytes are more than any machine has")
    return size


def _free(m: SharedMemory) -> None:
    if m.closed:
        raise invalid_argument("free_host_device_share_mem", f"{m!r} is freed already", "free it once")
    m.close()


class ChipWorker:
    """Uses one device: memory, copies, kernels. Any method may be called from any thread, and none holds Python's global
    lock while it waits.

    ``with worker:`` makes it the thread's own for malloc_host_device_share_mem and free_host_device_share_mem of the
    module; the end of the last such block, of whichever thread, finalizes it.
    """

    def __init__(self) -> None:
        self._core = _core.Worker()
        self._lock = threading.Lock()
        self._blocks = 0
        self._completer: Optional[Completer] = None
        self._process = 0  # that of init; 0: not initialised

    def init(self, backend: Optional[str] = None, device: Optional[int] = None) -> None:
        """Selects a backend, "name[:ordinal]" or a list of them, and opens the device; None: what HAL_BACKEND says, and the
        ordinal that backend names, else 0. BackendUnavailable: why it cannot be used. After finalize() it starts anew."""
        if device is not None and not 0 <= device < 2**32 - 1:
            raise invalid_argument("ChipWorker.init", f"device is {device}", "give an ordinal, from 0")
        self._core.init(backend or "", device)
        self._process = os.getpid()
        _registry.opened(self)

    @property
    def initialised(self) -> bool:
        """Between init() and finalize()."""
        return self._process != 0

    def finalize(self) -> None:
        """Waits for the worker's work, frees what it made and closes the device; without init() it does nothing. Shared
        memory that somebody looks at stays until the last view goes. ResourceWarning: shared memory was never freed. A step
        that fails does not stop the others; the first such failure is raised at the end."""
        if self._process == 0:
            return
        if self._process != os.getpid():
            self._core.finalize()  # which refuses a forked child
        _registry.closed(self)
        self._stop_completer()
        try:
            freed = self._core.finalize()
        finally:
            self._process = 0
        if freed:
            warnings.warn(
                f"finalize() found {freed} bytes of shared memory that were never freed; call close() on SharedMemory, or "
                "free_host_device_share_mem()",
                ResourceWarning,
                stacklevel=2,
            )

    def reset(self) -> None:
        """Puts the device back to its first state, also a lost one: memory, kernels and registrations on it are gone, and the
        worker goes on with none. Other workers on this device must be finalized. BufferError: views of shared memory of the
        device live; nothing has changed then."""
        if self._process == os.getpid():
            self._stop_completer()
        self._core.reset()

    def _stop_completer(self) -> None:
        with self._lock:
            completer, self._completer = self._completer, None
        if completer is not None:
            completer.stop()

    def malloc(self, size: int) -> int:
        """size bytes of device memory, not initialised; its device address. MemoryError."""
        return self._core.malloc(_check_size("malloc", size))

    def free(self, addr: int) -> None:
        """Frees what malloc gave. ValueError: any other address. Busy: a launch uses it. KernelFault: a kernel has written
        outside of it; it is freed all the same."""
        self._core.free(addr)

    def copy_to(self, dst: int, src: Any) -> None:
        """Copies all bytes of src, an array or another contiguous buffer, to device address dst; done when it returns.
        ValueError: not device memory, or beyond the allocation (OutOfRange)."""
        self._core.copy_to(dst, src)

    def copy_from(self, dst: Any, src: int) -> None:
        """Fills dst, an array or another writable contiguous buffer, from device address src. As copy_to."""
        self._core.copy_from(dst, src)

    def register_host(self, data: Any) -> int:
        """Maps the caller's own memory, whole private pages such as empty_pages() gives, for the device in place; its device
        address. The object is kept until unregister_host. ValueError: not whole pages, or registered already."""
        return self._core.register_host(data)

    def unregister_host(self, data: Any) -> None:
        """Undoes register_host of the same memory; the bytes stay. Busy: a launch uses it."""
        self._core.unregister_host(data)

    def load(self, source: Union[str, os.PathLike[str], bytes, bytearray, memoryview]) -> KernelBinary:
        """Loads a kernel object, a file or its bytes. ValueError: not an object for this backend. NotFound: no such file."""
        if isinstance(source, (bytes, bytearray, memoryview)):
            return KernelBinary(self._core.load_bytes(source), self)
        return KernelBinary(self._core.load_file(os.fspath(source)), self)

    def run(
        self,
        kernel: Union[Kernel, KernelBinary],
        *args: Any,
        block_count: int = 1,
        engine: Optional[str] = None,
        convention: Optional[str] = None,
        timeout: Optional[float] = None,
        tag: Optional[str] = None,
    ) -> None:
        """One launch, done when this returns: Out and InOut arrays hold what the kernel wrote.

        kernel: a Kernel, or a KernelBinary for its "kernel_entry". args: one by one, or as one list: In, Out and InOut of
        arrays, SharedMemory, DeviceTensor, DeviceMemory, Address, NumPy scalars, int (64 bits), float (float32), bool.
        engine: "aic", "aiv" or "aicpu"; convention: "args_array", "args_descriptors" or "c"; None: what the object says.
        timeout: seconds that the kernel may run; None: the device's own limit. tag: a name for reports.

        TypeError, ValueError: an argument, which the message names. KernelFault, KernelTimeout, DeviceLost; then the
        contents of Out and InOut arrays are unspecified. A KernelFault of a kernel that has written outside of an array names
        the argument, and leaves the device in order: lost is False.
        """
        found, values, options = _kernels.prepare(kernel, args, block_count, engine, convention, timeout, tag)
        self._core.run(found, values, *options)

    def submit(
        self,
        kernel: Union[Kernel, KernelBinary],
        *args: Any,
        block_count: int = 1,
        engine: Optional[str] = None,
        convention: Optional[str] = None,
        timeout: Optional[float] = None,
        tag: Optional[str] = None,
    ) -> concurrent.futures.Future[None]:
        """Queues one launch; parameters as of run(). The future is done when its arrays hold what the kernel wrote, and
        raises the launch's own failure. It cannot be cancelled. The arrays live that long, and must not be changed."""
        found, values, options = _kernels.prepare(kernel, args, block_count, engine, convention, timeout, tag)
        submission = self._core.submit(found, values, *options)
        with self._lock:
            if self._completer is None:
                self._completer = Completer(self._core)
            return self._completer.add(submission)

    def malloc_host_device_share_mem(self, size: int) -> SharedMemory:
        """size bytes of zeroed host memory, mapped for the device: bytes, until numpy() is told another type. Freed by
        free_host_device_share_mem, or its own close(). MemoryError."""
        return SharedMemory(self._core, (_check_size("malloc_host_device_share_mem", size),), "uint8")

    def free_host_device_share_mem(self, m: Union[SharedMemory, int]) -> None:
        """Frees shared memory, given as what was allocated or as its host pointer. BufferError: views of it live.
        ValueError: a pointer that is not the start of shared memory of this worker. Busy: a launch uses it."""
        if isinstance(m, SharedMemory):
            _free(m)
            return
        if not 0 < m < 2**64:
            raise invalid_argument(
                "free_host_device_share_mem", f"{m:#x} is no host address", "give what was allocated, or its host pointer"
            )
        freed = self._core.try_free_shared(m)
        if freed is None:
            others = (worker for worker in _registry.all_open() if worker is not self)
            elsewhere = any(worker._core.has_shared(m) for worker in others)
            raise invalid_argument(
                "free_host_device_share_mem",
                f"host address {m:#x} is not the start of shared memory of this worker, or is freed already",
                "another worker has made it: free it there" if elsewhere else "give exactly what was allocated, once",
            )
        closed, nbytes = freed
        if closed == "has views":
            raise BufferError(
                f"{nbytes} bytes of shared memory at {m:#x} cannot be freed while views of them live; delete the NumPy "
                "arrays and memoryviews first"
            )
        if closed == "freed on a lost device":
            note_lost(nbytes, m)

    def empty_shared(self, shape: Any, dtype: npt.DTypeLike = "uint8") -> SharedMemory:
        """Shared memory for an array of that shape and dtype; it is zeroed, as all shared memory is. MemoryError."""
        return SharedMemory(self._core, _dtypes.shape_of(shape), dtype)

    def zeros_shared(self, shape: Any, dtype: npt.DTypeLike = "uint8") -> SharedMemory:
        """Shared memory for an array of zeros of that shape and dtype. MemoryError."""
        return SharedMemory(self._core, _dtypes.shape_of(shape), dtype)

    def check(self) -> None:
        """Looks for writes outside of allocations of the device's memory, or into freed ones, by kernels that are done.
        KernelFault, once for each: address is the first byte. Unsupported: this backend does not look for them."""
        self._core.check()

    @property
    def lost(self) -> bool:
        """Whether a call of this worker has found the device lost. reset() brings it back."""
        return self._core.lost

    @property
    def info(self) -> dict[str, Any]:
        """What it runs on: {"backend": {name, arch, kind, version, build, path}, "device": {ordinal, name, soc, arch,
        executable_format, native_api}}."""
        return {"backend": self._core.backend_info(), "device": self._core.device_info()}

    @property
    def backend(self) -> str:
        """The backend's name."""
        return str(self._core.backend_info()["name"])

    @property
    def device(self) -> int:
        """The device's ordinal."""
        return int(self._core.device_info()["ordinal"])

    def query(self, key: str) -> Optional[int]:
        """A property of the device by its name, such as "aiv_cores" or "memory_free_bytes"; None: it does not know it.
        ValueError: no such property, with the list."""
        if key not in _PROPERTIES:
            raise ValueError(f"{key!r} is no property; there are {', '.join(_PROPERTIES)}")
        return self._core.query(_PROPERTIES[key])

    def __enter__(self) -> ChipWorker:
        with self._lock:
            self._blocks += 1
        _registry.enter(self)
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        _registry.leave(self)
        with self._lock:
            self._blocks -= 1
            last = self._blocks == 0
        if not last:
            return
        try:
            self.finalize()
        except Exception as failure:
            if error is None:
                raise
            error.add_note(f"and finalize() failed: {failure}")

    def __del__(self) -> None:
        if getattr(self, "_process", 0) != os.getpid():
            return
        warnings.warn(f"never finalized: {self!r}", ResourceWarning, stacklevel=2, source=self)
        self.finalize()


@atexit.register
def _finalize_all() -> None:
    """What is still open at the end of the interpreter: its threads must end before it does."""
    for worker in _registry.all_open():
        if worker._process == os.getpid():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                worker.finalize()


def open(name: Optional[str] = None, device: Optional[int] = None) -> ChipWorker:
    """A worker on a device, initialised: parameters and errors as of ChipWorker.init. A context manager."""
    worker = ChipWorker()
    worker.init(name, device)
    return worker


def malloc_host_device_share_mem(size: int) -> SharedMemory:
    """ChipWorker.malloc_host_device_share_mem of the worker of the thread's own `with worker:` block, else of the newest
    worker that is open in the process. FailedPrecondition: there is none."""
    return _registry.current("malloc_host_device_share_mem").malloc_host_device_share_mem(size)


def free_host_device_share_mem(m: Union[SharedMemory, int]) -> None:
    """ChipWorker.free_host_device_share_mem: SharedMemory is freed where it was made, a host pointer by the same worker that
    malloc_host_device_share_mem acts on."""
    if isinstance(m, SharedMemory):
        _free(m)
    else:
        _registry.current("free_host_device_share_mem").free_host_device_share_mem(m)
