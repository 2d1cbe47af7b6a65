# SPDX-License-Identifier: Apache-2.0
"""Results and progress as text for people."""
from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from npuhal.run.comparison import Element, Mismatch
from npuhal.run.failure import Failure
from npuhal.run.result import Result

_FEW_RUNS = 3


class Progress:
    """One line on stderr with the number of the current run. It needs a terminal and more than three runs."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._shown = total > _FEW_RUNS and sys.stderr.isatty()

    def show(self, number: int, case: str) -> None:
        """Shows that run ``number``, counted from 1, begins."""
        if self._shown:
            self._write(f"\r\033[K{number}/{self._total} {case}")

    def clear(self) -> None:
        """Removes the line, so that other output can follow."""
        if self._shown:
            self._write("\r\033[K")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def lines_of(result: Result, repeats: int) -> Iterator[str]:
    """Yields the line of one run, then its failures, mismatches and notes."""
    name = result.case if repeats == 1 else f"{result.case} (repeat {result.repeat} of {repeats})"
    stage = f" in {result.stage}" if result.stage else ""
    yield f"{result.status.upper()}  {name}{stage}  {result.seconds:.2f} s"
    if result.failure is not None:
        yield from _failure(result.failure)
    for mismatch in result.mismatches:
        yield from _mismatch(mismatch)
    for failure in result.cleanup_failures:
        yield f"  clean-up: {failure.stage} failed, too:"
        yield from _failure(failure)
    for note in result.notes:
        yield from _indented(f"note: {note}", "  ")


def summary(results: Sequence[Result], planned: int) -> str:
    """Returns the last line: how many runs had each status."""
    counts = [(sum(result.status == status for result in results), status) for status in ("passed", "failed", "error")]
    text = ", ".join(f"{count} {status}" for count, status in counts if count or status == "passed")
    left = planned - len(results)
    return f"{text} of {planned} {'run' if planned == 1 else 'runs'}" + (f"; {left} not run" if left else "")


def _failure(failure: Failure) -> Iterator[str]:
    yield from _indented(failure.traceback or failure.error, "  ")


def _mismatch(mismatch: Mismatch) -> Iterator[str]:
    yield f"  {mismatch.output}: {mismatch.message}"
    if not mismatch.elements:
        return
    rows = [("index", "expected", "got", "absolute", "relative"), *map(_row, mismatch.elements)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "    " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
    if mismatch.count > len(mismatch.elements):
        yield f"    … and {mismatch.count - len(mismatch.elements)} more"


def _row(element: Element) -> tuple[str, ...]:
    index = ", ".join(map(str, element.index))
    numbers = (repr(element.expected), repr(element.got), f"{element.absolute:.3g}", f"{element.relative:.3g}")
    return (f"[{index}]", *numbers)


def _indented(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield indent + line
