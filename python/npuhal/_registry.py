# SPDX-License-Identifier: Apache-2.0
"""Which worker the functions of the module act on: that of the thread's own `with` block, else the newest one open."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Optional

from ._errors import failed_precondition

if TYPE_CHECKING:
    from ._worker import ChipWorker

_lock = threading.Lock()
_open: list[weakref.ref[ChipWorker]] = []  # in the order of their init


class _Blocks(threading.local):
    def __init__(self) -> None:
        self.stack: list[ChipWorker] = []


_blocks = _Blocks()


def _after_fork() -> None:
    """The workers are those of the parent; libhal says so to whoever uses one. Another thread may have held the lock."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def opened(worker: ChipWorker) -> None:
    """A worker was initialised."""
    with _lock:
        _open.append(weakref.ref(worker))


def closed(worker: ChipWorker) -> None:
    """A worker was finalized, or goes."""
    with _lock:
        _open[:] = [other for other in _open if other() is not None and other() is not worker]


def enter(worker: ChipWorker) -> None:
    """The thread enters a `with` block of the worker."""
    _blocks.stack.append(worker)


def leave(worker: ChipWorker) -> None:
    """The thread leaves its newest block of the worker."""
    for i in range(len(_blocks.stack) - 1, -1, -1):
        if _blocks.stack[i] is worker:
            del _blocks.stack[i]
            return


def all_open() -> list[ChipWorker]:
    """Newest first."""
    with _lock:
        workers = [ref() for ref in reversed(_open)]
    return [worker for worker in workers if worker is not None]


def current(function: str) -> ChipWorker:
    """The worker that the module's functions act on. FailedPrecondition, in the name of function: there is none."""
    if _blocks.stack:
        return _blocks.stack[-1]
    newest: Optional[ChipWorker] = next(iter(all_open()), None)
    if newest is None:
        raise failed_precondition(
            function,
            "no worker is open in this process",
            "open one first: worker = npuhal.open(\"a2a3-sim\"), or call the function of that name on a worker",
        )
    return newest
