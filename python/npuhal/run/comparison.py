# SPDX-License-Identifier: Apache-2.0
"""Compares outputs with the expected ones of compute_golden."""
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
"""The number of elements that are shown for each output."""


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
    """The differences of one output."""

    output: str
    message: str
    count: int
    """Elements that differ. 0: the shape or the dtype differs."""
    size: int
    """Elements of the output."""
    elements: tuple[Element, ...]
    """The first ``SHOWN`` of them, in C order."""


def expected_outputs(
    returned: object, inputs: dict[str, Any], outputs: Sequence[str], known: Sequence[str]
) -> dict[str, Array]:
    """Returns the expected arrays: those that compute_golden returned, or its ``inputs`` if it returned None.

    ``known`` are the names that generate_inputs returned. CaseError: an output is missing, or a name is unknown.
    """
    if returned is not None and not isinstance(returned, Mapping):
        raise CaseError(f"compute_golden returns a {type(returned).__name__}\n"
                        "hint: Return a dict of the outputs, or change the inputs in place and return None.")
    golden: Mapping[str, Any] = inputs if returned is None else returned
    for name in golden:
        if name not in known:
            raise CaseError(f'compute_golden returns "{name}", which generate_inputs does not\n'
                            f"hint: Return only the outputs: {', '.join(outputs)}.")
    for name in outputs:
        if name not in golden:
            raise CaseError(f'compute_golden does not return "{name}", which is in __outputs__\n'
                            f"hint: Return it, too. It returns: {', '.join(map(str, golden)) or 'nothing'}.")
    return {name: np.array(golden[name]) for name in outputs}


def compare(expected: Mapping[str, Array], got: Mapping[str, Any], tolerance: Tolerance) -> list[Mismatch]:
    """Returns a Mismatch for each output that differs from the expected one.

    Integers and bool must be equal. Floating-point numbers may differ by ``tolerance``; NaN equals NaN, and an infinity
    equals itself. CaseError: an output is missing, or its elements cannot be compared.
    """
    mismatches = []
    for name, golden in expected.items():
        if name not in got:
            raise CaseError(f'post_run_collect removed the output "{name}"\nhint: Change only the values of outputs.')
        mismatch = _compare_one(name, golden, np.asarray(got[name]), tolerance)
        if mismatch is not None:
            mismatches.append(mismatch)
    return mismatches


def _compare_one(name: str, expected: Array, got: Array, tolerance: Tolerance) -> Mismatch | None:
    if expected.shape != got.shape:
        return Mismatch(name, f"shape {got.shape}, expected {expected.shape}", 0, got.size, ())
    if expected.dtype != got.dtype:
        message = f"dtype {got.dtype}, expected {expected.dtype}; compute_golden can use .astype(np.{got.dtype})"
        return Mismatch(name, message, 0, got.size, ())
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
        raise CaseError(f'"{name}" has elements of {expected.dtype}, which cannot be compared\n'
                        "hint: Return numbers or bool.")
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
    """Returns the number as its own type prints it: 1.1 for float32(1.1), whose exact value differs."""
    number: Number = float(str(value)) if value.dtype.kind == "f" else value.item()
    return number
