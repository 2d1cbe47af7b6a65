# SPDX-License-Identifier: Apache-2.0
"""The sidecar of a kernel object: launches of its kernels, and their expected results.

docs/kernel-author.md describes the format.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import numpy.typing as npt

import npuhal
from npuhal import _dtypes

BACKENDS = ("a2a3-sim", "a5-sim")
_DTYPES = tuple(name for name in _dtypes.CODES if name != "bfloat16")  # NumPy lacks bfloat16
_LAUNCH = {"kernel", "convention", "engine", "blocks", "backends", "args"}
_TENSOR = {"dtype", "shape", "init", "expected", "tolerance"}
_SCALAR = {"dtype", "scalar"}
_TIMEOUT = 120.0  # seconds


class SidecarError(Exception):
    """The sidecar is not in the format. The message says where, and what is allowed there."""


def _check_keys(where: str, given: Any, known: set[str]) -> None:
    if not isinstance(given, dict):
        raise SidecarError(f"{where} is {given!r}; give an object with some of {sorted(known)}")
    if unknown := sorted(set(given) - known):
        raise SidecarError(f"{where} has the unknown key {unknown[0]!r}; it may have {sorted(known)}")


def _dtype(where: str, argument: dict[str, Any]) -> np.dtype[Any]:
    name = argument.get("dtype")
    if name not in _DTYPES:
        raise SidecarError(f"{where}: dtype is {name!r}; use one of {', '.join(_DTYPES)}")
    return np.dtype(name)


def _values(
    where: str, given: Any, dtype: np.dtype[Any], shape: list[int], folder: pathlib.Path
) -> npt.NDArray[Any]:
    """Returns an array of the values that fill, ramp, values or file describes."""
    count = int(np.prod(shape))
    if not isinstance(given, dict) or len(given) != 1:
        raise SidecarError(f"{where} is {given!r}; give one of fill, ramp, values, file")
    ((kind, value),) = given.items()
    try:
        if kind == "fill":
            flat = np.full(count, value, dtype)
        elif kind == "ramp":
            first, step = value
            flat = (first + step * np.arange(count)).astype(dtype)
        elif kind == "values":
            flat = np.array(value, dtype).reshape(-1)
        elif kind == "file":
            flat = np.fromfile(folder / value, dtype)
        else:
            raise SidecarError(f"{where} is {kind!r}; give one of fill, ramp, values, file")
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise SidecarError(f"{where}: {kind} is {value!r}: {error}") from error
    if flat.size != count:
        raise SidecarError(f"{where}: {kind} gives {flat.size} elements; shape {list(shape)} has {count}")
    return flat.reshape(shape)


class Tensor:
    """An argument with data, and optionally the expected data after the launch."""

    def __init__(self, where: str, argument: Any, folder: pathlib.Path) -> None:
        _check_keys(where, argument, _TENSOR)
        dtype = _dtype(where, argument)
        shape = argument.get("shape")
        if not isinstance(shape, list) or not shape or not all(type(n) is int and n > 0 for n in shape):
            raise SidecarError(f"{where}: shape is {shape!r}; give a list of numbers of at least 1")
        self.where = where
        self.data = _values(f"{where}: init", argument.get("init", {"fill": 0}), dtype, shape, folder)
        self.tolerance = argument.get("tolerance", 0)
        if isinstance(self.tolerance, bool) or not isinstance(self.tolerance, (int, float)) or self.tolerance < 0:
            raise SidecarError(f"{where}: tolerance is {self.tolerance!r}; give a number of at least 0")
        self.expected: npt.NDArray[Any] | None = None
        if "expected" in argument:
            self.expected = _values(f"{where}: expected", argument["expected"], dtype, shape, folder)
        elif "tolerance" in argument:
            raise SidecarError(f"{where} has a tolerance but no expected; add expected, or remove tolerance")

    def argument(self) -> npuhal.In | npuhal.InOut:
        return npuhal.In(self.data) if self.expected is None else npuhal.InOut(self.data)

    def differences(self) -> list[str]:
        """Describes how the data after the launch differ from the expected data."""
        if self.expected is None:
            return []
        if self.data.dtype == bool:
            wrong = np.flatnonzero(self.data != self.expected)
        else:
            with np.errstate(invalid="ignore"):
                close = np.isclose(self.data, self.expected, rtol=self.tolerance, atol=self.tolerance, equal_nan=True)
            wrong = np.flatnonzero(~close)
        if wrong.size == 0:
            return []
        at = tuple(int(i) for i in np.unravel_index(wrong[0], self.data.shape))
        return [f"{self.where}: {wrong.size} of {self.data.size} elements differ by more than {self.tolerance}; "
                f"the first at {list(at)}: {self.data[at]!s}, expected {self.expected[at]!s}"]


def _argument(where: str, argument: Any, folder: pathlib.Path) -> Any:
    if isinstance(argument, dict) and "scalar" in argument:
        _check_keys(where, argument, _SCALAR)
        dtype = _dtype(where, argument)
        try:
            return dtype.type(argument["scalar"])
        except (TypeError, ValueError, OverflowError) as error:
            raise SidecarError(f"{where}: scalar is {argument['scalar']!r}, not {dtype.name}: {error}") from error
    return Tensor(where, argument, folder)


class Launch:
    """One launch of a sidecar."""

    def __init__(self, where: str, given: Any, folder: pathlib.Path) -> None:
        _check_keys(where, given, _LAUNCH)
        self.kernel = given.get("kernel", "kernel_entry")
        self.backends = given.get("backends", list(BACKENDS))
        if not isinstance(self.backends, list) or not set(self.backends) <= set(BACKENDS):
            raise SidecarError(f"{where}: backends is {self.backends!r}; give a list of some of {', '.join(BACKENDS)}")
        self.blocks = given.get("blocks", 1)
        if type(self.blocks) is not int or self.blocks < 1:
            raise SidecarError(f"{where}: blocks is {self.blocks!r}; give a number of at least 1")
        self.options: dict[str, Any] = {name: given.get(name) for name in ("convention", "engine")}
        if not isinstance(given.get("args"), list):
            raise SidecarError(f"{where}: args is {given.get('args')!r}; give a list, empty for none")
        self.args = [_argument(f"{where}: argument {i}", a, folder) for i, a in enumerate(given["args"])]
        if not any(isinstance(a, Tensor) and a.expected is not None for a in self.args):
            raise SidecarError(f"{where}: no argument has an expected, so nothing would be compared")

    def run(self, worker: npuhal.ChipWorker, binary: npuhal.KernelBinary) -> list[str]:
        """Launches the kernel and describes the differences. Exceptions of libhal are raised."""
        values = [a.argument() if isinstance(a, Tensor) else a for a in self.args]
        worker.run(binary.kernel(self.kernel), values, block_count=self.blocks, timeout=_TIMEOUT, **self.options)
        return [text for a in self.args if isinstance(a, Tensor) for text in a.differences()]


def read(path: pathlib.Path) -> list[Launch]:
    """Returns the launches of a sidecar file. SidecarError: the file is not in the format."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise SidecarError(f"{path} is not valid JSON: {error}") from error
    _check_keys(str(path), given, {"launches"})
    launches = given.get("launches")
    if not isinstance(launches, list) or not launches:
        raise SidecarError(f"{path}: launches is {launches!r}; give a list of one or more")
    return [Launch(f"{path}: launch {i}", launch, path.parent) for i, launch in enumerate(launches)]
