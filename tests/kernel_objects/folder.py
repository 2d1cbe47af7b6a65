# SPDX-License-Identifier: Apache-2.0
"""Checks a folder of kernel objects: which simulators load each, its kernels, and the launches of its sidecar."""

from __future__ import annotations

import os
import pathlib
import subprocess

import npuhal
import sidecar


def objects(folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Returns the .so files of a folder, sorted. FileNotFoundError: there are none, so nothing would be tested."""
    found = sorted(pathlib.Path(folder).glob("*.so"))
    if not found:
        raise FileNotFoundError(f"HAL_TEST_KERNELS: {folder} has no .so file; name a folder of kernel objects")
    return found


def kernels(path: pathlib.Path) -> list[str]:
    """Returns the names of the functions that an object exports."""
    listed = subprocess.run([os.environ.get("HAL_TEST_NM", "nm"), "-D", "--defined-only", "--format=posix", path],
                            check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.split()[1] in "TW" and not line.startswith("_")]


def load(worker: npuhal.ChipWorker, path: pathlib.Path) -> npuhal.KernelBinary | None:
    """Loads the object on the worker's device. None: the object names another backend."""
    try:
        return worker.load(path)
    except npuhal.InvalidArgument as error:
        if "it was built for " in str(error):
            return None
        raise


def check(backend: str, path: pathlib.Path) -> tuple[list[str], int] | None:
    """Loads, lists and launches. Returns (kernels, number of launches). None: the object is for another backend.

    AssertionError: a kernel was not found, or results differ. SidecarError: the sidecar is wrong."""
    beside = path.with_suffix(".json")
    launches = [launch for launch in sidecar.read(beside) if backend in launch.backends] if beside.exists() else []
    with npuhal.open(backend) as worker:
        binary = load(worker, path)
        if binary is None:
            return None
        names = kernels(path)
        for name in names:
            assert binary.kernel(name).name == name
        differences = [text for launch in launches for text in launch.run(worker, binary)]
    assert not differences, "\n".join(differences)
    return names, len(launches)
