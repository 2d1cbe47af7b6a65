# SPDX-License-Identifier: Apache-2.0
"""One run of one case, from import to finalize.

After a failure in any stage these steps run, each even if an earlier one fails: post_run_collect, a reset of the device
if the launch failed, finalize. A run leaves nothing for the next one.
"""
from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import npuhal
from npuhal.run import case_folder, comparison, notes
from npuhal.run.failure import Failure
from npuhal.run.golden import Golden, Params
from npuhal.run.inputs import Inputs
from npuhal.run.interrupts import Interrupts, run_kernel
from npuhal.run.object_cache import ObjectCache
from npuhal.run.result import Result


@dataclass(frozen=True)
class Target:
    """The case folder, and the device that its cases run on."""

    folder: Path
    backend: str
    device: int | None
    objects: ObjectCache


def run(target: Target, case: str, repeat: int) -> Result:
    """Runs the case once. Every exception, also a KeyboardInterrupt, is in the result; none is raised."""
    result = Result(case, repeat)
    begin = time.monotonic()
    with notes.collected(result.notes):
        _Attempt(target, result).run()
    result.seconds = time.monotonic() - begin
    return result


class _Attempt:
    def __init__(self, target: Target, result: Result) -> None:
        self._target = target
        self._result = result
        self._stage = "import"
        self._golden: Golden | None = None
        self._params: Params = {}
        self._worker: npuhal.ChipWorker | None = None
        self._current = ExitStack()
        self._interrupts = Interrupts()
        self._inputs: Inputs | None = None
        self._outputs: dict[str, Any] = {}
        self._collected = False

    def run(self) -> None:
        with self._interrupts.handled():
            with case_folder.importable(self._target.folder):
                self._attempt(self._run_case)
                self._stage = "clean-up"
                self._attempt(self._drop_inputs)
                if not self._collected:
                    self._attempt(self._collect)
                self._golden = None
            with notes.leaks_collected(self._result.notes):
                self._params.clear()
                self._stage = "clean-up"
                self._attempt(gc.collect)  # golden.py's module is a cycle, which may hold views of shared memory
                if self._worker is not None:
                    self._end(self._worker)
        self._result.interrupted |= self._interrupts.waiting

    def _run_case(self) -> None:
        golden = self._golden = Golden(self._target.folder)
        params = self._params = golden.params(self._result.case)
        tolerance = golden.tolerance(params)
        blocks = golden.kernel.blocks(params)
        self._stage = "compile"
        file = self._target.objects.object_of(golden.kernel)
        self._stage = "open"
        worker = self._worker = npuhal.ChipWorker()
        with self._interrupts.held():
            worker.init(self._target.backend, self._target.device)
            self._current.enter_context(worker)
        self._stage = "load"
        kernel = worker.load(str(file)).kernel(golden.kernel.name)
        self._stage = "generate_inputs"
        inputs = self._inputs = Inputs(golden.generate_inputs(params), golden.outputs)
        copies = inputs.copies()
        self._stage = "compute_golden"
        returned = golden.compute_golden(copies, params)
        expected = comparison.expected_outputs(returned, copies, golden.outputs, inputs.names())
        del copies, returned
        self._stage = "run"
        run_kernel(worker, kernel, golden.kernel, inputs.arguments(), blocks, self._result.case, self._interrupts)
        self._stage = "outputs"
        self._outputs = inputs.outputs()
        self._drop_inputs()
        self._collect()
        self._stage = "compare"
        self._result.mismatches = comparison.compare(expected, self._outputs, tolerance)

    def _drop_inputs(self) -> None:
        """Drops the runner's references to the inputs, so that golden.py can free shared memory."""
        if self._inputs is not None:
            self._inputs.clear()
        if self._result.failure is not None:
            gc.collect()

    def _collect(self) -> None:
        self._stage = "post_run_collect"
        self._collected = True
        if self._golden is not None:
            self._golden.post_run_collect(self._outputs, self._params)

    def _end(self, worker: npuhal.ChipWorker) -> None:
        failure = self._result.failure
        launch_failed = failure is not None and failure.stage == "run" and failure.device_fault
        if worker.initialised and (launch_failed or worker.lost):
            self._stage = "reset"
            self._attempt(worker.reset)
        self._stage = "finalize"
        self._attempt(worker.finalize)
        self._attempt(self._current.close)

    def _attempt(self, step: Callable[[], object]) -> None:
        """Runs the step. An exception becomes a failure of the current stage."""
        try:
            with self._interrupts.let_through():
                step()
        except BaseException as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        failure = Failure.of(self._stage, error)
        self._result.interrupted |= failure.interrupted
        if self._result.failure is None and not self._result.mismatches:
            self._result.failure = failure
        else:
            self._result.cleanup_failures.append(failure)
