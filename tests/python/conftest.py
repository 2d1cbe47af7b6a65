# SPDX-License-Identifier: Apache-2.0
"""What the tests of npuhal share. NPUHAL_TEST_KERNELS is the folder of the built kernels; ctest sets it."""

import gc
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

import npuhal

KERNELS = pathlib.Path(os.environ["NPUHAL_TEST_KERNELS"])


@pytest.fixture(params=["a2a3-sim", "a5-sim"])
def backend(request):
    return request.param


@pytest.fixture
def worker(backend):
    opened = npuhal.open(backend)
    yield opened
    gc.collect()
    opened.finalize()


@pytest.fixture
def binary(worker):
    return worker.load(KERNELS / worker.backend / "python_tests.so")


@pytest.fixture(autouse=True)
def nothing_is_left_open():
    yield
    gc.collect()
    assert npuhal._registry.all_open() == []


@pytest.fixture
def in_child():
    """Runs a program in an interpreter of its own and gives (status, stdout, stderr)."""

    def run(source, *arguments, **environment):
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", textwrap.dedent(source), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return run
