# SPDX-License-Identifier: Apache-2.0
"""npuhal.ChipWorker, which uses one device, and the functions of the module."""

from __future__ import annotations

import atexit
import concurrent.futures
import os
import sys
import threading
import warnings
from types import TracebackType
from typing import Any, Optional, Union

import numpy.typing as npt

from . import _core, _dtypes, _kernels, _registry
from ._copying import NotCopied
from ._errors import invalid_argument
from ._futures import Completer
from ._kernels import Kernel, KernelBinary
from ._memory import SharedMemory, note_lost
from ._text import checked_name, checked_path


def _check_size(function: str, size: int) -> int:
    if size < 0:
        raise invalid_argument(function, f"the size is {size} bytes", "Give at least 1.")
    if size >= 2**63:
        raise MemoryError(f"{function}: the size is {size} bytes, the limit is {2**63 - 1}")
    return size


def _free(m: SharedMemory) -> None:
    if m.closed:
        raise invalid_argument("free_host_device_share_mem", f"{m!r} is already freed", "Free it once.")
    m.close()


class ChipWorker(NotCopied):
    """Uses one device: memory, copies, kernels.

    Any thread may call any method. Methods that may block release Python's global lock. init() must come first; before
    it and after finalize(), methods raise FailedPrecondition. A forked child must not use the worker of its parent.

    ``with worker:`` makes it the worker of the calling thread for the module's malloc_host_device_share_mem() and
    free_host_device_share_mem(). When the last such block of any thread ends, the worker is finalized. If
    KeyboardInterrupt ends the block while work still runs, the worker stays open instead: reset() or finalize() it.

    Signals: run(), load(), copies and finalize() in the main thread call the handlers of signals that arrive while they
    wait. If a handler raises, as Ctrl-C does, the call ends with that exception. The work goes on, and the worker keeps
    the arrays that it uses. reset() ends the work; finalize() waits for it, and can be interrupted, too. At the end of
    a process that Ctrl-C has ended, nothing waits for such work.
    """

    def __init__(self) -> None:
        self._core = _core.Worker()
        self._lock = threading.Lock()
        self._blocks = 0
        self._completer: Optional[Completer] = None
        self._interrupted = False  # a signal has ended a call
        self._process = 0  # the process that called init; 0: not initialised

    def init(self, backend: Optional[str] = None, device: Optional[int] = None) -> None:
        """Selects a backend and opens its device.

        backend: "name[:ordinal]" or a comma-separated list of these. None: the value of HAL_BACKEND.
        device: the ordinal. None: the ordinal in the backend's name, else 0.
        The worker may be initialised again after finalize().

        BackendUnavailable: no such backend or device, or it cannot be used; the message has the reason.
        FailedPrecondition: the worker is initialised. ValueError: device is not an ordinal.
        """
        if device is not None and not 0 <= device < 2**32 - 1:
            raise invalid_argument("ChipWorker.init", f"device is {device}", "Give an ordinal of 0 or more.")
        self._core.init(checked_name("backend", "" if backend is None else backend), device)
        self._process = os.getpid()
        _registry.opened(self)

    @property
    def initialised(self) -> bool:
        """Whether init() was called and finalize() was not."""
        return self._process != 0

    def finalize(self) -> None:
        """Waits for the worker's launches, frees everything it allocated, and closes the device.

        Without init() it does nothing. Shared memory with views stays until its last view is deleted. If shared memory
        was never freed, a ResourceWarning gives its size. If a step fails, the other steps still run, and the first
        failure is raised at the end.
        """
        if self._process == 0:
            return
        if self._process != os.getpid():
            self._core.finalize()  # raises FailedPrecondition: a forked child
        try:
            _registry.closed(self)
            self._stop_completer()
            freed = self._core.finalize()
        except BaseException as failure:
            if isinstance(failure, Exception) and not self._core.initialised:
                self._process = 0
            else:
                self._interrupted = True
                _registry.opened(self)
            raise
        self._process = 0
        self._interrupted = False
        if freed:
            warnings.warn(
                f"finalize() found {freed} bytes of shared memory that were never freed; "
                "call SharedMemory.close() or free_host_device_share_mem()",
                ResourceWarning,
                stacklevel=2,
            )

    def reset(self) -> None:
        """Resets the device, also a lost one. Afterwards it has no memory, kernels or registrations.

        Objects that the worker made before are invalid; the worker itself stays usable. Futures of launches that are
        not done end with an Error whose status is "CANCELLED". Other workers of this device must be finalized.

        BufferError: views of the device's shared memory live. Busy: another thread is inside a call on the device.
        After either, nothing has changed.
        """
        self._core.reset()
        self._interrupted = False

    def _stop_completer(self) -> None:
        with self._lock:
            completer, self._completer = self._completer, None
        if completer is not None:
            completer.stop()

    def malloc(self, size: int) -> int:
        """Allocates device memory of size bytes and returns its device address.

        The content is unspecified. The memory lives until free() or finalize(). MemoryError: too little memory is free.
        ValueError: the size is less than 1.
        """
        return self._core.malloc(_check_size("malloc", size))

    def free(self, addr: int) -> None:
        """Frees memory at an address that malloc() returned.

        ValueError: another address. Busy: a launch uses the memory. KernelFault: a kernel has written into the red zone
        of the memory; the memory is freed nevertheless.
        """
        self._core.free(addr)

    def copy_to(self, dst: int, src: Any) -> None:
        """Copies all bytes of src, an array or another contiguous buffer, to device address dst.

        The copy is done when the call returns. ValueError: dst is not device memory. OutOfRange: the bytes do not fit
        into the allocation. TypeError: src is not a buffer.
        """
        self._core.copy_to(dst, src)

    def copy_from(self, dst: Any, src: int) -> None:
        """Fills dst, an array or another writable contiguous buffer, from device address src.

        The copy is done when the call returns. Errors as for copy_to(). ValueError: dst is read-only.
        """
        self._core.copy_from(dst, src)

    def register_host(self, data: Any) -> int:
        """Maps the caller's memory for the device and returns its device address.

        data: a writable buffer of whole private pages, such as empty_pages() returns. The worker keeps a reference to
        it until unregister_host() or finalize(). ValueError: not whole pages, or already registered.
        """
        return self._core.register_host(data)

    def unregister_host(self, data: Any) -> None:
        """Ends the registration of the same memory; its content stays.

        ValueError: the memory is not registered. Busy: a launch uses it.
        """
        self._core.unregister_host(data)

    def load(
        self, source: Union[str, os.PathLike[str], os.PathLike[bytes], bytes, bytearray, memoryview]
    ) -> KernelBinary:
        """Loads a kernel object from a file or from its bytes.

        The object stays loaded until KernelBinary.unload() or finalize(). NotFound: no such file. ValueError: not a
        kernel object for this backend, or a path that contains NUL.
        """
        if isinstance(source, (bytes, bytearray, memoryview)):
            return KernelBinary(self._core.load_bytes(source), self)
        return KernelBinary(self._core.load_file(checked_path("the path", source)), self)

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
        """Launches a kernel and waits for it. Then Out and InOut arrays hold what the kernel wrote.

        kernel: a Kernel, or a KernelBinary for its "kernel_entry".
        args: the arguments one by one, or as one list: In, Out and InOut of arrays, SharedMemory, DeviceTensor,
        DeviceMemory, Address, NumPy scalars, int (64 bits), float (float32), bool.
        block_count: the number of blocks. engine: "aic", "aiv" or "aicpu". convention: "args_array", "args_descriptors"
        or "c". For engine and convention, None means what the object says.
        timeout: the time limit of the kernel in seconds. None: the device's limit. tag: a name for reports.
        The arguments must not be changed during the call.

        TypeError, ValueError: an argument is wrong; the message names it.
        KernelFault: the kernel crashed, or wrote outside an array. In the second case the message names the argument,
        and the device is not lost.
        KernelTimeout: the kernel ran longer than its limit. DeviceLost: the device was already lost.
        After these three, the content of Out and InOut arrays is unspecified.
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
        """Queues a launch and returns its future. Parameters and errors as for run().

        Errors in the parameters are raised here, failures of the launch by the future. When the future is done, Out and
        InOut arrays hold what the kernel wrote. Until then the worker keeps references to the arguments, and they must
        not be changed. The future cannot be cancelled. Its callbacks run in a thread of the worker.
        """
        found, values, options = _kernels.prepare(kernel, args, block_count, engine, convention, timeout, tag)
        with self._lock:
            if self._completer is None:
                self._completer = Completer(self._core)
            return self._completer.add(self._core.submit(found, values, *options))

    def malloc_host_device_share_mem(self, size: int) -> SharedMemory:
        """Allocates size bytes of zeroed host memory that is mapped for the device.

        The elements are uint8; numpy(dtype) reads them as another type. The memory lives until
        free_host_device_share_mem() or SharedMemory.close(). MemoryError: too little memory is free. ValueError: the
        size is less than 1.
        """
        return SharedMemory(self._core, (_check_size("malloc_host_device_share_mem", size),), "uint8")

    def free_host_device_share_mem(self, m: Union[SharedMemory, int]) -> None:
        """Frees shared memory.

        m: the SharedMemory, or its host pointer. ValueError: the pointer is not the start of shared memory of this
        worker, or the memory is already freed. BufferError: views of it live. Busy: a launch uses it.
        """
        if isinstance(m, SharedMemory):
            _free(m)
            return
        if not 0 < m < 2**64:
            raise invalid_argument(
                "free_host_device_share_mem", f"{m:#x} is not a host address", "Give SharedMemory or its host pointer."
            )
        freed = self._core.try_free_shared(m)
        if freed is None:
            others = (worker for worker in _registry.all_open() if worker is not self)
            elsewhere = any(worker._core.has_shared(m) for worker in others)
            raise invalid_argument(
                "free_host_device_share_mem",
                f"host address {m:#x} is not the start of shared memory of this worker, or is already freed",
                "Free it on the worker that allocated it."
                if elsewhere
                else "Give the host pointer of the allocation, and free it once.",
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
        """Allocates shared memory for an array. All shared memory is zeroed, so this is zeros_shared()."""
        return SharedMemory(self._core, _dtypes.shape_of(shape), dtype)

    def zeros_shared(self, shape: Any, dtype: npt.DTypeLike = "uint8") -> SharedMemory:
        """Allocates shared memory for an array of zeros.

        shape: an int or a tuple. dtype: a NumPy dtype that kernels support, or "bfloat16". The memory lives until
        SharedMemory.close(). MemoryError: too little memory is free. TypeError, ValueError: a wrong dtype or shape.
        """
        return SharedMemory(self._core, _dtypes.shape_of(shape), dtype)

    def check(self) -> None:
        """Checks the red zones of device memory, and freed memory, for writes of kernels that are done.

        KernelFault: a kernel wrote there; address is the first such byte. Each damaged allocation is reported once.
        Unsupported: this backend cannot check.
        """
        self._core.check()

    @property
    def lost(self) -> bool:
        """Whether a call of this worker has found the device lost. reset() makes it usable again."""
        return self._core.lost

    @property
    def info(self) -> dict[str, Any]:
        """A description of the backend and the device.

        {"backend": {name, arch, kind, version, build, path},
        "device": {ordinal, name, soc, arch, executable_format, native_api}}
        """
        return {"backend": self._core.backend_info(), "device": self._core.device_info()}

    @property
    def backend(self) -> str:
        """The name of the backend."""
        return str(self._core.backend_info()["name"])

    @property
    def device(self) -> int:
        """The ordinal of the device."""
        return int(self._core.device_info()["ordinal"])

    def query(self, key: str) -> Optional[int]:
        """Returns a property of the device, such as "aiv_cores" or "memory_free_bytes". None: the device lacks it.

        Sizes are in bytes, rates in Hz. ValueError: unknown name; the message lists the known ones.
        """
        if key not in _core.PROPERTIES:
            raise ValueError(f"unknown property {key!r}; the known ones are {', '.join(_core.PROPERTIES)}")
        return self._core.query(_core.PROPERTIES[key])

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
        if isinstance(error, KeyboardInterrupt) and self._process == os.getpid() and self._core.busy():
            self._interrupted = True
            error.add_note(f"{self!r} stays open because its work still runs; reset() or finalize() it")
            return
        try:
            self.finalize()
        except Exception as failure:
            if error is None:
                raise
            error.add_note(f"finalize() failed, too: {failure}")

    def __del__(self) -> None:
        if getattr(self, "_process", 0) != os.getpid():
            return
        warnings.warn(f"never finalized: {self!r}", ResourceWarning, stacklevel=2, source=self)
        try:
            self.finalize()
        except KeyboardInterrupt:
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Leaves everything to the end of the process."""
        _registry.closed(self)
        self._process = 0
        self._core.abandon()


@atexit.register
def _finalize_all() -> None:
    """Finalizes the workers that are open when the interpreter ends: their threads must end first."""
    ended_by_signal = getattr(sys, "last_type", None) is KeyboardInterrupt
    for worker in _registry.all_open():
        if worker._process != os.getpid():
            continue
        if (ended_by_signal or worker._interrupted) and worker._core.busy():
            worker._abandon()
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                worker.finalize()
            except KeyboardInterrupt:
                worker._abandon()


def open(name: Optional[str] = None, device: Optional[int] = None) -> ChipWorker:
    """Returns an initialised worker. Parameters and errors as for ChipWorker.init(). Call finalize(), or use `with`."""
    worker = ChipWorker()
    worker.init(name, device)
    return worker


def malloc_host_device_share_mem(size: int) -> SharedMemory:
    """Allocates shared memory of size bytes on the current worker: see ChipWorker.malloc_host_device_share_mem().

    The current worker is that of the calling thread's innermost `with worker:` block, else the newest open worker of
    the process. FailedPrecondition: no worker is open.
    """
    return _registry.current("malloc_host_device_share_mem").malloc_host_device_share_mem(size)


def free_host_device_share_mem(m: Union[SharedMemory, int]) -> None:
    """Frees shared memory: see ChipWorker.free_host_device_share_mem().

    m: SharedMemory of any worker, or a host pointer of the current worker. FailedPrecondition: no worker is open.
    """
    if isinstance(m, SharedMemory):
        _free(m)
    else:
        _registry.current("free_host_device_share_mem").free_host_device_share_mem(m)
