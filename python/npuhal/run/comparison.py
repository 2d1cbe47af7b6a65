# SPDX-License-Identifier: Apache-2.0
"""Outputs against what compute_golden says."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from npuhal.run.failure import CaseError
from npuhal.run.golden import Tolerance

Array = npt.NDArray[Any]
Number = int | float | complex | bool

SHOWN = 10
"""Mismatches that are shown of each output."""


@dataclass(frozen=True)
class Element:
    """One element that differs."""

    index: tuple[int, ...]
    expected: Number
    got: Number
    absolute: float
    """abs(got - expected)"""
    relative: float
    """absolute / abs(expected)"""


@dataclass(frozen=True)
class Mismatch:
    """What is wrong with one output."""

    output: str
    message: str
    count: int
    """Elements that differ; 0 if shape or dtype do."""
    size: int
    """Elements of the output."""
    elements: tuple[Element, ...]
    """The first ``SHOWN`` of them, in C order."""


def expected_outputs(returned: object, inputs: dict[str, Any], outputs: Sequence[str], known: Sequence[str]) -> dict[str, Array]:
    """The expected arrays: of the dict that compute_golden returned, or of the one it was given, if it returned None.

    ``known`` are the names that generate_inputs gave. CaseError: an output is missing, a name unknown.
    """
    if returned is not None and not isinstance(returned, Mapping):
        raise CaseError(f"compute_golden gives a {type(returned).__name__}\nhint: it must give a dict of the outputs, or change its "
                        "inputs in place and give None")
    golden: Mapping[str, Any] = inputs if returned is None else returned
    for name in golden:
        if name not in known:
            raise CaseError(f'compute_golden gives "{name}", which is no input\nhint: the outputs are {", ".join(outputs)}')
    for name in outputs:
        if name not in golden:
            raise CaseError(f'compute_golden does not give "{name}", which __outputs__ names\nhint: it gives '
                            f"{', '.join(map(str, golden)) or 'nothing'}")
    return {name: np.array(golden[name]) for name in outputs}


def compare(expected: Mapping[str, Array], got: Mapping[str, Any], tolerance: Tolerance) -> list[Mismatch]:
    """One Mismatch for each output that is not as expected.

    Integers and bool must be equal; floating-point numbers may differ by ``tolerance``, NaN equals NaN at the same place,
    and an infinity only itself. CaseError: an output is gone, or of elements that cannot be compared.
    """
    mismatches = []
    for name, golden in expected.items():
        if name not in got:
            raise CaseError(f'post_run_collect took "{name}" out of the outputs\nhint: it may change values, not names')
        mismatch = _compare_one(name, golden, np.asarray(got[name]), tolerance)
        if mismatch is not None:
            mismatches.append(mismatch)
    return mismatches


def _compare_one(name: str, expected: Array, got: Array, tolerance: Tolerance) -> Mismatch | None:
    if expected.shape != got.shape:
        return Mismatch(name, f"shape {got.shape}, expected {expected.shape}", 0, got.size, ())
    if expected.dtype != got.dtype:
        return Mismatch(name, f"dtype {got.dtype}, expected {expected.dtype}; compute_golden can say .astype(np.{got.dtype})", 0,
                        got.size, ())
    differs = _differences(name, expected, got, tolerance)
    count = int(np.count_nonzero(differs))
    if count == 0:
        return None
    exact = expected.dtype.kind in "biu"
    within = "" if exact else f" beyond rtol {tolerance.relative:g}, atol {tolerance.absolute:g}"
    first = np.flatnonzero(differs)[:SHOWN]
    elements = tuple(_element(expected, got, int(flat)) for flat in first)
    return Mismatch(name, f"{count} of {got.size} elements differ{within}", count, got.size, elements)


def _differences(name: str, expected: Array, got: Array, tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    kind = expected.dtype.kind
    if kind in "biu":
        return np.not_equal(expected, got)
    if kind not in "fc":
        raise CaseError(f'"{name}" has elements of {expected.dtype}, which cannot be compared\nhint: outputs are numbers or bool')
    wide = np.result_type(expected.dtype, np.float64)  # float16 would overflow
    near = np.isclose(got.astype(wide), expected.astype(wide), tolerance.relative, tolerance.absolute, equal_nan=True)
    return np.logical_not(near)


def _element(expected: Array, got: Array, flat: int) -> Element:
    index = tuple(int(i) for i in np.unravel_index(flat, expected.shape))
    want, have = expected[index].item(), got[index].item()
    absolute = float(abs(have - want))
    size = float(abs(want))
    relative = absolute / size if size != 0 else float("inf")
    return Element(index, _shortest(expected[index]), _shortest(got[index]), absolute, relative)


def _shortest(value: Any) -> Number:
    """The number as its own type prints it: 1.1 for float32(1.1), which is not quite 1.1."""
    number: Number = float(str(value)) if value.dtype.kind == "f" else value.item()
    return number
