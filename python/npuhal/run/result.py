# SPDX-License-Identifier: Apache-2.0
"""The result of one run of one case."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from npuhal.run.comparison import Mismatch
from npuhal.run.failure import Failure

Status = Literal["passed", "failed", "error"]


@dataclass
class Result:
    """A run passed, failed (an output differs), or ended with an error (an exception was raised)."""

    case: str
    repeat: int
    """From 1."""
    failure: Failure | None = None
    """The first exception. None: there was none."""
    cleanup_failures: list[Failure] = field(default_factory=list)
    """Exceptions of the clean-up, after the first exception or after a failed comparison."""
    mismatches: list[Mismatch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False
    """The user interrupted the run."""

    @property
    def unavailable(self) -> bool:
        """Whether the device could not be opened. The next run could not open it either."""
        return self.failure is not None and self.failure.stage == "open" and self.failure.unavailable

    @property
    def status(self) -> Status:
        if self.failure is not None:
            return "error"
        return "failed" if self.mismatches else "passed"

    @property
    def stage(self) -> str | None:
        """The stage in which the run stopped. None: it passed."""
        if self.failure is not None:
            return self.failure.stage
        return "compare" if self.mismatches else None
