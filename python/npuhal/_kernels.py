# SPDX-License-Identifier: Apache-2.0
"""Loaded kernels, and the parameters of their launches."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _core
from ._copying import NotCopied
from ._text import checked_name

if TYPE_CHECKING:
    from ._worker import ChipWorker

# The engines and conventions that a launch can name. "host" and "sdma" do not run kernels.
ENGINES = {name: value for name, value in _core.ENGINES.items() if name not in ("host", "sdma")}
CONVENTIONS = {name: value for name, value in _core.CONVENTIONS.items() if name != "default"}
_FOREVER_NS = 2**64 - 1


def _chosen(what: str, value: Optional[str], choices: dict[str, int]) -> int:
    if value is None:
        return 0
    if value not in choices:
        known = ", ".join(map(repr, choices))
        raise ValueError(f"{what} is {value!r}; it can be {known}, or None to use what the kernel object says")
    return choices[value]


def _timeout_ns(seconds: Optional[float]) -> int:
    if seconds is None:
        return 0
    if not seconds > 0:
        raise ValueError(f"timeout is {seconds!r} seconds; it must be more than 0, or None for the device's limit")
    return _FOREVER_NS if seconds == float("inf") else min(max(1, round(seconds * 1e9)), _FOREVER_NS)


class Kernel(NotCopied):
    """A kernel of a loaded object, made by KernelBinary.kernel(). It is valid until the object is unloaded."""

    def __init__(self, core: _core.Kernel, binary: KernelBinary) -> None:
        self._core = core
        self._binary = binary
        #: The name of the kernel in the object.
        self.name: str = core.info[0]

    def __repr__(self) -> str:
        return f"<npuhal.Kernel {self.name}>"


class KernelBinary(NotCopied):
    """A kernel object that a worker has loaded, made by ChipWorker.load().

    The worker unloads it in finalize() at the latest. As a context manager it unloads at the end of the block.
    Any thread may use it.
    """

    def __init__(self, core: _core.KernelBinary, worker: ChipWorker) -> None:
        self._core = core
        self._worker = worker

    def kernel(self, name: Optional[str] = None) -> Kernel:
        """Returns the kernel with that name. None: "kernel_entry".

        NotFound: the object has no such kernel. ValueError: the object is unloaded, or the name contains NUL.
        """
        return Kernel(self._core.kernel(checked_name("the name of the kernel", "" if name is None else name)), self)

    def unload(self) -> None:
        """Unloads the object and its kernels. Busy: a launch of one of them has not finished."""
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
    """Converts the parameters of ChipWorker.run for the extension module. TypeError, ValueError: one is wrong."""
    if isinstance(kernel, KernelBinary):
        kernel = kernel.kernel()
    if not isinstance(kernel, Kernel):
        raise TypeError(f"the kernel is a {type(kernel).__name__}; give the result of worker.load(…).kernel(…)")
    if not 1 <= block_count < 2**32:
        raise ValueError(f"block_count is {block_count}; it must be from 1 to the device's max_blocks")
    values = list(args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args)
    options = (
        block_count,
        _chosen("engine", engine, ENGINES),
        _chosen("convention", convention, CONVENTIONS),
        _timeout_ns(timeout),
        None if tag is None else checked_name("tag", tag),
    )
    return kernel._core, values, options
