# SPDX-License-Identifier: Apache-2.0
"""Loaded kernels, and the parameters of their launches."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _core

if TYPE_CHECKING:
    from ._worker import ChipWorker

_ENGINES = {None: 0, "aic": 2, "aiv": 4, "aicpu": 8}
_CONVENTIONS = {None: 0, "args_array": 1, "args_descriptors": 2, "c": 3}
_FOREVER_NS = 2**64 - 1


def _chosen(what: str, value: Optional[str], choices: dict[Optional[str], int]) -> int:
    if value not in choices:
        known = ", ".join(repr(name) for name in choices if name is not None)
        raise ValueError(f"{what} is {value!r}; it can be {known}, or None for what the kernel object says")
    return choices[value]


def _timeout_ns(seconds: Optional[float]) -> int:
    if seconds is None:
        return 0
    if not seconds > 0:
        raise ValueError(f"timeout is {seconds!r} seconds; it must be more than 0, or None for the device's own limit")
    return _FOREVER_NS if seconds == float("inf") else min(max(1, round(seconds * 1e9)), _FOREVER_NS)


class Kernel:
    """A kernel of a loaded object; good until that is unloaded."""

    def __init__(self, core: _core.Kernel, binary: KernelBinary) -> None:
        self._core = core
        self._binary = binary
        #: The name that it was found by.
        self.name: str = core.info[0]

    def __repr__(self) -> str:
        return f"<npuhal.Kernel {self.name}>"


class KernelBinary:
    """A kernel object that a worker loaded. A context manager that unloads it."""

    def __init__(self, core: _core.KernelBinary, worker: ChipWorker) -> None:
        self._core = core
        self._worker = worker

    def kernel(self, name: Optional[str] = None) -> Kernel:
        """The kernel of that name; None: "kernel_entry". NotFound."""
        return Kernel(self._core.kernel(name or ""), self)

    def unload(self) -> None:
        """Unloads the object, and its kernels with it. Busy: a launch of one of them is not done."""
        self._worker._core.unload(self._core)

    def __enter__(self) -> KernelBinary:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.unload()


def prepare(
    kernel: Union[Kernel, KernelBinary],
    args: tuple[Any, ...],
    block_count: int,
    engine: Optional[str],
    convention: Optional[str],
    timeout: Optional[float],
    tag: Optional[str],
) -> tuple[_core.Kernel, list[Any], tuple[int, int, int, int, Optional[str]]]:
    """What the core takes for a launch of ChipWorker.run's parameters. TypeError, ValueError."""
    if isinstance(kernel, KernelBinary):
        kernel = kernel.kernel()
    if not isinstance(kernel, Kernel):
        raise TypeError(f"the kernel is a {type(kernel).__name__}; give what worker.load(…).kernel(…) gave")
    if not 1 <= block_count < 2**32:
        raise ValueError(f"block_count is {block_count}; it must be from 1 to the device's max_blocks")
    values = list(args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args)
    options = (
        block_count,
        _chosen("engine", engine, _ENGINES),
        _chosen("convention", convention, _CONVENTIONS),
        _timeout_ns(timeout),
        tag,
    )
    return kernel._core, values, options
