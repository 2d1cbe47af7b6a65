# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C while a case runs."""
from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Makes a KeyboardInterrupt of SIGINT, but nowhere between the steps of a run, so that none of them is left out.

    In another thread than the main one, or where SIGINT is ignored, it changes nothing.
    """

    def __init__(self) -> None:
        self.waiting = False
        """One has arrived and was not raised yet."""
        self._held = True

    @contextmanager
    def handled(self) -> Iterator[None]:
        """SIGINT is this object's meanwhile; it is held but in ``let_through``."""
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
        """SIGINT raises meanwhile."""
        self._held = False
        try:
            yield
        finally:
            self._held = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within ``let_through``: SIGINT is held meanwhile, and raised at the end."""
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
