# SPDX-License-Identifier: Apache-2.0
"""Collects log records of "npuhal" and its ResourceWarnings while a case runs."""
from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


class _Collector(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception as error:  # the arguments of the record do not fit its text
            text = f"{record.msg} ({error})"
        self._notes.append(text if record.levelno == logging.WARNING else f"{record.levelname.lower()}: {text}")


@contextmanager
def collected(notes: list[str]) -> Iterator[None]:
    """Appends each record of the logger "npuhal" and its children to ``notes``, from any thread."""
    logger = logging.getLogger("npuhal")
    collector = _Collector(notes)
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)


@contextmanager
def leaks_collected(notes: list[str]) -> Iterator[None]:
    """Appends each ResourceWarning to ``notes``: golden.py did not free it. Other warnings are issued as usual."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield
    for warning in caught:
        if issubclass(warning.category, ResourceWarning):
            notes.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
