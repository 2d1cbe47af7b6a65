# SPDX-License-Identifier: Apache-2.0
"""A launch that the user can break off."""
from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any

import npuhal
from npuhal.run.interrupts import Interrupts
from npuhal.run.kernel import Kernel


def run(worker: npuhal.ChipWorker, loaded: npuhal.Kernel, kernel: Kernel, arguments: Sequence[Any], blocks: int, tag: str,
        interrupts: Interrupts) -> None:
    """As ChipWorker.run, which waits in C++ where a KeyboardInterrupt cannot get in.

    On a KeyboardInterrupt the device process of a simulator is ended, so that the launch fails now and lets go of its
    arguments; a card has none, and there the kernel's time limit ends the wait. Then the KeyboardInterrupt is raised.
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
