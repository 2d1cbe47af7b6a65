# SPDX-License-Identifier: Apache-2.0
"""A folder of kernel objects: which simulators take each, its kernels, and the launches of its sidecar."""

import os
import pathlib
import subprocess

import npuhal
import sidecar


def objects(folder):
    """The .so files of a folder, sorted. FileNotFoundError: there are none, so that nothing would be tested."""
    found = sorted(pathlib.Path(folder).glob("*.so"))
    if not found:
        raise FileNotFoundError(f"HAL_TEST_KERNELS: {folder} has no .so file; name a folder of kernel objects")
    return found


def kernels(path):
    """The names of the functions that an object exports."""
    listed = subprocess.run([os.environ.get("HAL_TEST_NM", "nm"), "-D", "--defined-only", "--format=posix", path],
                            check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.split()[1] in "TW" and not line.startswith("_")]


def load(worker, path):
    """The object on the worker's device, or None: it says that it is for another backend."""
    try:
        return worker.load(path)
    except npuhal.InvalidArgument as error:
        if "it was built for " in str(error):
            return None
        raise


def check(backend, path):
    """Loads, lists and launches. Gives (kernels, number of launches); None: the object is for another backend.

    AssertionError: a kernel cannot be found, or results differ. SidecarError: the sidecar is wrong."""
    path = pathlib.Path(path)
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
