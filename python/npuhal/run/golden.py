# SPDX-License-Identifier: Apache-2.0
"""The hooks and settings of a golden.py."""
from __future__ import annotations

import copy
import difflib
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npuhal.run.case_folder import load_golden
from npuhal.run.failure import CaseError
from npuhal.run.kernel import Kernel

Params = dict[str, Any]

_DEFAULT_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Tolerance:
    """The allowed difference of an element: ``absolute + relative * abs(expected)``."""

    relative: float
    absolute: float


class Golden:
    """An imported golden.py. CaseError: something in it is missing or has the wrong type."""

    def __init__(self, folder: Path) -> None:
        self._module = load_golden(folder)
        self.path = folder / "golden.py"
        for name in ("generate_inputs", "compute_golden"):
            if not callable(getattr(self._module, name, None)):
                raise CaseError(f"{self.path} has no function {name}\n"
                                "hint: Define it. docs/case-runner.md shows a complete golden.py.")
        self.outputs = self._outputs()
        self.cases = self._cases()
        self.kernel = Kernel.of(folder, self._module)

    def generate_inputs(self, params: Params) -> object:
        """Calls the hook with that name and returns its result."""
        return self._module.generate_inputs(params)

    def compute_golden(self, inputs: dict[str, object], params: Params) -> object:
        """Calls the hook with that name and returns its result."""
        return self._module.compute_golden(inputs, params)

    def post_run_collect(self, outputs: dict[str, Any], params: Params) -> None:
        """Calls the hook with that name, if there is one."""
        hook = getattr(self._module, "post_run_collect", None)
        if hook is not None:
            hook(outputs, params)

    def params(self, case: str) -> Params:
        """Returns a private copy of the parameter set of the case."""
        return copy.deepcopy(self.cases[case])

    def tolerance(self, params: Params) -> Tolerance:
        """Returns RTOL and ATOL, or "rtol" and "atol" of the parameter set if it has them."""
        return Tolerance(self._tolerance(params, "rtol"), self._tolerance(params, "atol"))

    def select(self, wanted: Sequence[str]) -> list[str]:
        """Returns the names of the cases to run: all in the order of golden.py, or ``wanted`` if it is not empty."""
        for name in wanted:
            if name not in self.cases:
                near = difflib.get_close_matches(name, self.cases, n=1)
                meant = f'; did you mean "{near[0]}"?' if near else ""
                raise CaseError(f'no case "{name}" in {self.path}{meant}\nhint: Choose one of {", ".join(self.cases)}.')
        return list(dict.fromkeys(wanted)) or list(self.cases)

    def _outputs(self) -> tuple[str, ...]:
        names = getattr(self._module, "__outputs__", None)
        if names is None:
            raise CaseError(f"{self.path} has no __outputs__\n"
                            'hint: List the inputs that the kernel writes, such as __outputs__ = ["sum"].')
        if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(n, str) for n in names):
            raise CaseError(f"__outputs__ of {self.path} is {names!r}\nhint: Give a list of names.")
        if not names:
            raise CaseError(f"__outputs__ of {self.path} is empty: nothing would be compared\n"
                            "hint: Name the inputs that the kernel writes.")
        return tuple(dict.fromkeys(names))

    def _cases(self) -> dict[str, Params]:
        cases = getattr(self._module, "ALL_CASES", None)
        if cases is None:
            return {"default": {}}
        if not isinstance(cases, Mapping) or not cases:
            raise CaseError(f"ALL_CASES of {self.path} is {cases!r}\n"
                            'hint: Give a dict of names and parameter sets, such as {"small": {"rows": 16}}.')
        for name, params in cases.items():
            if not isinstance(name, str) or not isinstance(params, Mapping):
                raise CaseError(f"ALL_CASES of {self.path} has {name!r}: {params!r}\n"
                                "hint: Give a str as the name and a dict as the parameter set.")
        return {name: dict(params) for name, params in cases.items()}

    def _tolerance(self, params: Params, key: str) -> float:
        where = f'"{key}" of the parameter set'
        value = params.get(key)
        if value is None:
            where = f"{key.upper()} of {self.path}"
            value = getattr(self._module, key.upper(), _DEFAULT_TOLERANCE)
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < math.inf:
            raise CaseError(f"{where} is {value!r}\nhint: Give a number of 0 or more.")
        return float(value)
