# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C while a case runs."""
from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import npuhal
from npuhal.run.kernel import Kernel


class Interrupts:
    """Turns SIGINT into a KeyboardInterrupt inside the steps of a run. Between them it waits: no step is skipped.

    In a thread other than the main one, or where SIGINT is ignored, it changes nothing.
    """

    def __init__(self) -> None:
        self.waiting = False
        """A SIGINT has arrived and was not raised yet."""
        self._held = True

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handles SIGINT during the block. Outside ``let_through`` the signal is held."""
        here = threading.current_thread() is threading.main_thread()
        if not here or signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
            yield
            return
        before = signal.signal(signal.SIGINT, self._arrived)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Lets SIGINT raise during the block."""
        self._held = False
        try:
            yield
        finally:
            self._held = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within ``let_through``: holds SIGINT during the block, and raises it at the end."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.waiting:
            self.waiting = False
            raise KeyboardInterrupt

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if not self._held:
            raise KeyboardInterrupt
        self.waiting = True


def run_kernel(worker: npuhal.ChipWorker, loaded: npuhal.Kernel, kernel: Kernel, arguments: Sequence[Any], blocks: int,
               tag: str, interrupts: Interrupts) -> None:
    """Runs the kernel as ChipWorker.run does, but a KeyboardInterrupt can end the wait.

    On a KeyboardInterrupt it kills the device process of a simulator. The launch then fails at once and releases its
    arguments. Onboard backends have no such process: the kernel's time limit ends the wait. Then it raises the
    KeyboardInterrupt.
    """
    try:
        with interrupts.held():
            future = worker.submit(loaded, list(arguments), block_count=blocks, engine=kernel.engine,
                                   convention=kernel.convention, timeout=kernel.timeout, tag=tag)
        future.result()
    except KeyboardInterrupt:
        process = worker.query("device_process_id")
        if process is not None and not future.done():
            os.kill(process, signal.SIGKILL)
        future.exception()
        raise
