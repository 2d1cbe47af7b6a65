# SPDX-License-Identifier: Apache-2.0
"""The worker that the module's functions use: that of the thread's own `with` block, else the newest open one."""

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
    """Replaces the lock, which another thread may have held at the fork. libhal refuses the parent's workers."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def opened(worker: ChipWorker) -> None:
    """Adds a worker after its init."""
    with _lock:
        _open.append(weakref.ref(worker))


def closed(worker: ChipWorker) -> None:
    """Removes a worker that is finalized or deleted."""
    with _lock:
        _open[:] = [other for other in _open if other() is not None and other() is not worker]


def enter(worker: ChipWorker) -> None:
    """Notes that the calling thread enters a `with` block of the worker."""
    _blocks.stack.append(worker)


def leave(worker: ChipWorker) -> None:
    """Notes that the calling thread leaves its newest `with` block of the worker."""
    for i in range(len(_blocks.stack) - 1, -1, -1):
        if _blocks.stack[i] is worker:
            del _blocks.stack[i]
            return


def all_open() -> list[ChipWorker]:
    """Returns the open workers of this process, newest first."""
    with _lock:
        workers = [ref() for ref in reversed(_open)]
    return [worker for worker in workers if worker is not None]


def current(function: str) -> ChipWorker:
    """Returns the worker that the module's functions use. FailedPrecondition, which names function: none is open."""
    if _blocks.stack:
        return _blocks.stack[-1]
    newest: Optional[ChipWorker] = next(iter(all_open()), None)
    if newest is None:
        raise failed_precondition(
            function,
            "no worker is open in this process",
            'Open one first: worker = npuhal.open("a2a3-sim"). Or call this function on a worker.',
        )
    return newest
