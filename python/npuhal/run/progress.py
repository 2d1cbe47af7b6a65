# SPDX-License-Identifier: Apache-2.0
"""One line on a terminal that says how far a set of runs is."""
from __future__ import annotations

import sys

FEW = 3
"""Sets of no more runs than this need no line."""


class Progress:
    """Writes to stderr, and only if that is a terminal and there are more than ``FEW`` runs."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._shown = total > FEW and sys.stderr.isatty()

    def show(self, number: int, case: str) -> None:
        """Rewrites the line: run ``number``, from 1, begins."""
        if self._shown:
            self._write(f"\r\033[K{number}/{self._total} {case}")

    def clear(self) -> None:
        """Takes the line away, for other output."""
        if self._shown:
            self._write("\r\033[K")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
