# SPDX-License-Identifier: Apache-2.0
"""The result of generate_inputs: the arguments of a kernel, by name."""
from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import npuhal
from npuhal.run.failure import CaseError

Array = npt.NDArray[Any]

_Scalar = (bool, int, float, np.generic)
_KINDS = (
    "a NumPy array, npuhal.In, Out or InOut of one, npuhal.SharedMemory, DeviceTensor, DeviceMemory or Address, "
    "a NumPy or ctypes scalar, an int, a float or a bool"
)


class Inputs:
    """The arguments in their order. Only this object of the runner refers to them, until ``clear``."""

    def __init__(self, returned: object, outputs: Sequence[str]) -> None:
        """CaseError: ``returned`` is not a dict or a list of pairs, a value is unsupported, or an output is missing."""
        self._values: dict[str, Any] = {}
        self._outputs = tuple(outputs)
        for name, value in _pairs(returned):
            self._values[name] = _argument(name, value, name in self._outputs)
        for name in self._outputs:
            self._check_output(name)

    def arguments(self) -> list[Any]:
        """Returns the arguments of ChipWorker.run."""
        return list(self._values.values())

    def names(self) -> list[str]:
        """Returns the names in the order of the arguments."""
        return list(self._values)

    def clear(self) -> None:
        """Drops the reference to every value."""
        self._values.clear()

    def copies(self) -> dict[str, Any]:
        """Returns the values for compute_golden: arrays and shared memory are copied, other values are the same."""
        return {name: _copy(value) for name, value in self._values.items()}

    def outputs(self) -> dict[str, Array]:
        """Returns copies of the outputs, after the run."""
        return {name: _copy(self._values[name]) for name in self._outputs}

    def _check_output(self, name: str) -> None:
        if name not in self._values:
            raise CaseError(f'__outputs__ names "{name}", which generate_inputs does not return\n'
                            f"hint: Choose from what it returns: {', '.join(self._values) or 'nothing'}.")
        value = self._values[name]
        if isinstance(value, npuhal.In):
            raise CaseError(f'__outputs__ names "{name}", which is an npuhal.In: the kernel does not write it\n'
                            "hint: Return an Out, an InOut or the array itself.")
        if not isinstance(value, (npuhal.Out, npuhal.InOut, npuhal.SharedMemory)):
            raise CaseError(f'__outputs__ names "{name}", which is a {type(value).__name__}\n'
                            "hint: Name only arrays and shared memory.")


def _copy(value: Any) -> Any:
    if isinstance(value, (npuhal.In, npuhal.Out, npuhal.InOut)):
        return np.array(value.data if isinstance(value.data, np.ndarray) else memoryview(value.data))
    if isinstance(value, npuhal.SharedMemory):
        return np.array(value.numpy())
    return value


def _pairs(returned: object) -> Iterable[tuple[str, Any]]:
    entries = list(returned.items()) if isinstance(returned, Mapping) else returned
    if not isinstance(entries, (list, tuple)):
        raise CaseError(f"generate_inputs returns a {type(returned).__name__}\n"
                        "hint: Return a dict of names and values in the order of the kernel's arguments, or a list of "
                        "(name, value) pairs.")
    seen: set[str] = set()
    for entry in entries:
        if not isinstance(entry, tuple) or len(entry) != 2 or not isinstance(entry[0], str):
            raise CaseError(f"generate_inputs returns {_short(entry)} in its list\n"
                            "hint: Return (name, value) pairs only.")
        if entry[0] in seen:
            raise CaseError(f'generate_inputs returns "{entry[0]}" twice\nhint: Give each argument a unique name.')
        seen.add(entry[0])
    return entries


def _argument(name: str, value: Any, is_output: bool) -> Any:
    """Returns ``value`` as an argument of ChipWorker.run."""
    if isinstance(value, ctypes._SimpleCData):
        return _ctypes_scalar(name, value)
    if isinstance(value, _Scalar):
        return value
    if isinstance(value, (npuhal.In, npuhal.Out, npuhal.InOut, npuhal.SharedMemory)):
        return value
    if isinstance(value, (npuhal.DeviceTensor, npuhal.DeviceMemory, npuhal.Address)):
        return value
    if not hasattr(value, "__array__"):
        raise CaseError(f'generate_inputs returns "{name}" as a {type(value).__name__}\n'
                        f"hint: Return {_KINDS}.")
    array = np.asarray(value)
    if not array.flags.c_contiguous or (is_output and not array.flags.writeable):
        array = np.array(array, order="C")
    return npuhal.InOut(array) if is_output else npuhal.In(array)


def _ctypes_scalar(name: str, value: Any) -> Any:
    try:
        dtype = np.dtype(type(value))
    except (TypeError, NotImplementedError):
        dtype = np.dtype(object)
    if dtype.kind not in "biuf":
        raise CaseError(f'generate_inputs returns "{name}" as a {type(value).__name__}\nhint: Return {_KINDS}.')
    return dtype.type(value.value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
