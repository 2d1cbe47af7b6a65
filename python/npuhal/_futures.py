# SPDX-License-Identifier: Apache-2.0
"""The thread of a worker that completes the futures of its submits, in order."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from typing import Optional

from . import _core


class Completer:
    """Owns the thread, which starts with the object. Each worker has its own."""

    def __init__(self, worker: _core.Worker) -> None:
        self._worker = worker
        self._queue: queue.SimpleQueue[Optional[tuple[_core.Submission, concurrent.futures.Future[None]]]] = (
            queue.SimpleQueue()
        )
        # A daemon thread: a program that never finalizes must still end. npuhal's exit handler stops it before.
        self._thread = threading.Thread(target=self._run, name="npuhal-futures", daemon=True)
        self._thread.start()

    def add(self, submission: _core.Submission) -> concurrent.futures.Future[None]:
        """Returns a future that is done when the submission is. It cannot be cancelled: the device already has it."""
        future: concurrent.futures.Future[None] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        self._queue.put((submission, future))
        return future

    def stop(self) -> None:
        """Completes every added future, then ends the thread. A callback of one of these futures may call it."""
        self._queue.put(None)
        if threading.current_thread() is self._thread:
            self._run()
        else:
            # In slices: a signal that arrives just before a join without a limit does not end it.
            while self._thread.is_alive():
                self._thread.join(0.05)

    def _run(self) -> None:
        while (entry := self._queue.get()) is not None:
            submission, future = entry
            del entry
            try:
                self._worker.wait(submission)
            except BaseException as failure:
                del submission  # releases its arguments before the callbacks run
                future.set_exception(failure)
            else:
                del submission
                future.set_result(None)
            del future
        self._queue.put(None)  # ends the outer call, if a callback made this one
