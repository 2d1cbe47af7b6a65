# SPDX-License-Identifier: Apache-2.0
"""The thread of a worker that completes the futures of its submits, in their order."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from typing import Optional

from . import _core


class Completer:
    """Started with the first submit. Not to be shared between workers."""

    def __init__(self, worker: _core.Worker) -> None:
        self._worker = worker
        self._queue: queue.SimpleQueue[Optional[tuple[_core.Submission, concurrent.futures.Future[None]]]] = (
            queue.SimpleQueue()
        )
        # A daemon, since a program that never finalizes must still end; npuhal's exit handler stops it before that.
        self._thread = threading.Thread(target=self._run, name="npuhal-futures", daemon=True)
        self._thread.start()

    def add(self, submission: _core.Submission) -> concurrent.futures.Future[None]:
        """A future that is done when the submission is. It cannot be cancelled: the device has it already."""
        future: concurrent.futures.Future[None] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        self._queue.put((submission, future))
        return future

    def stop(self) -> None:
        """Completes what was added, then ends the thread. From a callback of a future of its own, too."""
        self._queue.put(None)
        if threading.current_thread() is self._thread:
            self._run()
        else:
            self._thread.join()

    def _run(self) -> None:
        while (entry := self._queue.get()) is not None:
            submission, future = entry
            del entry
            try:
                self._worker.wait(submission)
            except BaseException as failure:
                del submission  # its arguments need not live any longer
                future.set_exception(failure)
            else:
                del submission
                future.set_result(None)
            del future
        self._queue.put(None)  # for the outer one, if this was called by a callback
