# SPDX-License-Identifier: Apache-2.0
"""Results as text for people."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

from npuhal.run.comparison import Element, Mismatch
from npuhal.run.failure import Failure
from npuhal.run.result import Result


def lines_of(result: Result, repeats: int) -> Iterator[str]:
    """One run: a line, and what there is to say below it."""
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
    """The last line."""
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
    return (f"[{index}]", repr(element.expected), repr(element.got), f"{element.absolute:.3g}", f"{element.relative:.3g}")


def _indented(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield indent + line
