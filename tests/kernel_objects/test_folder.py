# SPDX-License-Identifier: Apache-2.0
"""Every object of the folder that HAL_TEST_KERNELS names, on both simulators."""

import os

import pytest

import folder
from sidecar import BACKENDS

FOLDER = os.environ.get("HAL_TEST_KERNELS")
OBJECTS = folder.objects(FOLDER) if FOLDER else []

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="HAL_TEST_KERNELS is not set; it names a folder of kernel objects (docs/kernel-author.md)")


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: str(path.name))
def test_an_object_loads_on_a_simulator_and_its_sidecar_passes(path, capsys):
    seen = {backend: folder.check(backend, path) for backend in BACKENDS}
    with capsys.disabled():
        for backend, found in seen.items():
            what = "for another backend" if found is None else f"{found[1]} launches; kernels: {', '.join(found[0])}"
            print(f"\n{path.name} on {backend}: {what}", end="")
    assert any(found is not None for found in seen.values()), "no simulator loads it"


def test_the_folder_has_objects():
    assert OBJECTS
