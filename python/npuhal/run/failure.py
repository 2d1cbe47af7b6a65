# SPDX-License-Identifier: Apache-2.0
"""An exception of one stage of a run, as text.

An exception keeps its frames alive, and these may hold NumPy views of shared memory, which then cannot be freed. So the
runner keeps the text of an exception and drops the exception.
"""
from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import npuhal

_PACKAGE = str(Path(npuhal.__file__).parent)

# The exceptions after which the device must be reset.
_DEVICE_FAULTS = (npuhal.KernelFault, npuhal.KernelTimeout, npuhal.DeviceLost, npuhal.Timeout)


class CaseError(Exception):
    """A case, a file or an option is wrong. The text names the value, the cause and the next step."""


@dataclass(frozen=True)
class Failure:
    """One exception: the stage in which it was raised, and its text."""

    stage: str
    error: str
    """Type and message, as the last lines of a traceback show them."""
    traceback: str | None
    """The frames of golden.py and of what it called. None: only the runner's code ran."""
    interrupted: bool
    """It was a KeyboardInterrupt."""
    device_fault: bool
    """A kernel fault, a timeout, a lost device or an interrupt: the device may still be busy or unusable."""
    unavailable: bool
    """The backend or the device is unavailable."""

    @staticmethod
    def of(stage: str, error: BaseException) -> Failure:
        """Returns the text of ``error`` and clears the variables of its frames. The caller must drop ``error``."""
        interrupted = isinstance(error, KeyboardInterrupt)
        failure = Failure(
            stage=stage,
            error=_summary(error),
            traceback=_frames(error),
            interrupted=interrupted,
            device_fault=interrupted or isinstance(error, _DEVICE_FAULTS),
            unavailable=isinstance(error, npuhal.BackendUnavailable),
        )
        _clear_frames(error)
        return failure


def _summary(error: BaseException) -> str:
    if isinstance(error, CaseError):
        return str(error)
    if isinstance(error, npuhal.Error):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _frames(error: BaseException) -> str | None:
    """Returns the traceback from the first frame outside the runner."""
    if isinstance(error, CaseError):
        return None
    frame: TracebackType | None = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.tb_next
    if frame is None and error.__cause__ is None and error.__context__ is None:
        return None
    return "".join(traceback.format_exception(type(error), error, frame)).rstrip()


def _clear_frames(error: BaseException) -> None:
    """Clears the variables of the frames of ``error``, its causes and its contexts."""
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
