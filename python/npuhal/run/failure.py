# SPDX-License-Identifier: Apache-2.0
"""What went wrong in one stage of a run, as text.

An exception keeps its frames alive, and with them NumPy views of shared memory, which then cannot be freed. So nothing
of an exception outlives its report.
"""
from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import npuhal

_PACKAGE = str(Path(npuhal.__file__).parent)

# What leaves a device in a state that only a reset ends.
_DEVICE_FAULTS = (npuhal.KernelFault, npuhal.KernelTimeout, npuhal.DeviceLost, npuhal.Timeout)


class CaseError(Exception):
    """A case, a file or an option is not as it must be. ``str`` of it names the value, the cause and the next step."""


@dataclass(frozen=True)
class Failure:
    """One failure: the stage of the run that it happened in, and its text."""

    stage: str
    error: str
    """Type and message, as the last lines of a traceback show them."""
    traceback: str | None
    """The frames of golden.py and what it called; None where only the runner was at work."""
    interrupted: bool
    """It was a KeyboardInterrupt."""
    device_fault: bool
    """A kernel crashed or ran out of time, the device is lost, or the user broke off: a launch may not have ended."""
    unavailable: bool
    """The backend, or the device, is not to be had."""

    @staticmethod
    def of(stage: str, error: BaseException) -> Failure:
        """The text of ``error``, whose frames let go of their variables. The caller must drop ``error`` itself."""
        interrupted = isinstance(error, KeyboardInterrupt)
        failure = Failure(
            stage=stage,
            error=_summary(error),
            traceback=_frames(error),
            interrupted=interrupted,
            device_fault=interrupted or isinstance(error, _DEVICE_FAULTS),
            unavailable=isinstance(error, npuhal.BackendUnavailable),
        )
        _let_go(error)
        return failure


def _summary(error: BaseException) -> str:
    if isinstance(error, CaseError):
        return str(error)
    if isinstance(error, npuhal.Error):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _frames(error: BaseException) -> str | None:
    """The traceback from the first frame that is not the runner's on."""
    if isinstance(error, CaseError):
        return None
    frame: TracebackType | None = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.tb_next
    if frame is None and error.__cause__ is None and error.__context__ is None:
        return None
    return "".join(traceback.format_exception(type(error), error, frame)).rstrip()


def _let_go(error: BaseException) -> None:
    """Clears the variables of the frames that ``error``, its causes and its contexts have left."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        traceback.clear_frames(current.__traceback__)
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions
