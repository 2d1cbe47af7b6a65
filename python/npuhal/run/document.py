# SPDX-License-Identifier: Apache-2.0
"""Results as the JSON document that schema.json describes."""
from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from npuhal.run.comparison import Element, Mismatch, Number
from npuhal.run.failure import Failure
from npuhal.run.result import Result

SCHEMA_VERSION = 1


def dumps(
    case_dir: str, backend: str, device: int | None, results: Sequence[Result], planned: int, interrupted: bool
) -> str:
    """Returns the document as text. NaN and infinities become "nan", "inf" and "-inf"; complex numbers, their repr."""
    counts = {status: sum(result.status == status for result in results) for status in ("passed", "failed", "error")}
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "case_dir": case_dir,
            "backend": backend,
            "device": device,
            "results": [_result(result) for result in results],
            "summary": {**counts, "planned": planned, "interrupted": interrupted},
        },
        indent=2,
        allow_nan=False,
    )


def _result(result: Result) -> dict[str, Any]:
    return {
        "case": result.case,
        "repeat": result.repeat,
        "status": result.status,
        "stage": result.stage,
        "error": result.failure.error if result.failure else None,
        "traceback": result.failure.traceback if result.failure else None,
        "cleanup_errors": [_failure(failure) for failure in result.cleanup_failures],
        "mismatches": [_mismatch(mismatch) for mismatch in result.mismatches],
        "notes": result.notes,
        "seconds": round(result.seconds, 6),
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {"stage": failure.stage, "error": failure.error, "traceback": failure.traceback}


def _mismatch(mismatch: Mismatch) -> dict[str, Any]:
    return {
        "output": mismatch.output,
        "message": mismatch.message,
        "count": mismatch.count,
        "size": mismatch.size,
        "elements": [_element(element) for element in mismatch.elements],
    }


def _element(element: Element) -> dict[str, Any]:
    return {
        "index": list(element.index),
        "expected": _number(element.expected),
        "got": _number(element.got),
        "absolute": _number(element.absolute),
        "relative": _number(element.relative),
    }


def _number(value: Number) -> int | float | bool | str:
    if isinstance(value, complex):
        return repr(value)
    return value if math.isfinite(value) else str(value)
