# SPDX-License-Identifier: Apache-2.0
"""What came of one run of one case."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from npuhal.run.comparison import Mismatch
from npuhal.run.failure import Failure

Status = Literal["passed", "failed", "error"]


@dataclass
class Result:
    """Passed, failed (outputs are not as expected) or error (something threw)."""

    case: str
    repeat: int
    """From 1."""
    failure: Failure | None = None
    """The first one; None if nothing threw."""
    cleanup_failures: list[Failure] = field(default_factory=list)
    """What clean-up threw after that, or after a comparison that failed."""
    mismatches: list[Mismatch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False
    """The user broke it off, in whichever stage."""

    @property
    def unavailable(self) -> bool:
        """The device could not be opened, and will not be for the next run either."""
        return self.failure is not None and self.failure.stage == "open" and self.failure.unavailable

    @property
    def status(self) -> Status:
        if self.failure is not None:
            return "error"
        return "failed" if self.mismatches else "passed"

    @property
    def stage(self) -> str | None:
        """Where it stopped; None if it passed."""
        if self.failure is not None:
            return self.failure.stage
        return "compare" if self.mismatches else None
