# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of npuhal. ctest sets NPUHAL_TEST_KERNELS to the folder of the built kernels."""

import gc
import os
import pathlib
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest

import npuhal

KERNELS = pathlib.Path(os.environ["NPUHAL_TEST_KERNELS"])


@pytest.fixture(params=["a2a3-sim", "a5-sim"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def worker(backend: str) -> Iterator[npuhal.ChipWorker]:
    opened = npuhal.open(backend)
    yield opened
    gc.collect()
    opened.finalize()


@pytest.fixture
def binary(worker: npuhal.ChipWorker) -> npuhal.KernelBinary:
    return worker.load(KERNELS / worker.backend / "python_tests.so")


@pytest.fixture(autouse=True)
def no_worker_stays_open() -> Iterator[None]:
    yield
    gc.collect()
    assert npuhal._registry.all_open() == []


@pytest.fixture
def in_child() -> Callable[..., tuple[int, str, str]]:
    """Returns a function that runs a program in a new interpreter and returns (status, stdout, stderr)."""

    def run(source: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", textwrap.dedent(source), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return run
