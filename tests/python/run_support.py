# SPDX-License-Identifier: Apache-2.0
"""Helpers of the tests of the case runner."""

import json
import os
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

import npuhal.run
from npuhal.run.command import main

CASES = Path(__file__).parent / "run_cases"
EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = json.loads((Path(npuhal.run.__file__).parent / "schema.json").read_text())

# One cache for all tests of this process, so that few kernels are compiled twice.
_cache = tempfile.TemporaryDirectory(prefix="npuhal-tests-")
CACHE = Path(_cache.name)
os.environ["XDG_CACHE_HOME"] = _cache.name

# out = a + 1, for tests that need some kernel.
ADD_ONE = """
#include "hal/kernel.h"
HAL_KERNEL(add_one) {
  const float *a = hal_arg_pointer<float>(args, 0);
  float *out = hal_arg_pointer<float>(args, 1);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 2);
  for (uint32_t i = 0; i < count; ++i) out[i] = a[i] + 1.0f;
}
"""

ADD_ONE_GOLDEN = """
import numpy as np
__outputs__ = ["out"]
def generate_inputs(params):
    return {"a": np.arange(12, dtype=np.float32), "out": np.zeros(12, np.float32), "count": np.uint32(12)}
def compute_golden(inputs, params):
    return {"out": inputs["a"] + 1}
"""


@dataclass
class Ended:
    """The result of one run of the command."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The output of --json, checked against the schema."""
        document: dict[str, Any] = json.loads(self.out)
        jsonschema.validate(document, SCHEMA)
        return document

    @property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["results"]
        return found


def run(capfd: Any, *arguments: object) -> Ended:
    """Runs the command in this process."""
    capfd.readouterr()
    status = main([str(argument) for argument in arguments])
    captured = capfd.readouterr()
    return Ended(status, captured.out, captured.err)


def write_case(folder: Path, golden: str = ADD_ONE_GOLDEN, **kernels: str) -> Path:
    """Writes a case folder: golden.py without its indentation, and kernels/<name>.cpp for each kernel."""
    (folder / "kernels").mkdir(parents=True, exist_ok=True)
    (folder / "golden.py").write_text(textwrap.dedent(golden))
    for name, source in (kernels or {"add_one": ADD_ONE}).items():
        (folder / "kernels" / f"{name}.cpp").write_text(source)
    return folder


def leftovers(*folders: Path) -> dict[str, list[str]]:
    """Lists what a run could leave: mappings and descriptors of devices, child processes, and files in ``folders``.

    Objects in the cache do not count.
    """
    maps = [line.split()[-2] for line in Path("/proc/self/maps").read_text().splitlines() if "/memfd:hal-sim" in line]
    return {
        "mappings": sorted(maps),
        "descriptors": sorted(link for link in map(_link, os.listdir("/proc/self/fd")) if link),
        "children": sorted(" ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()),
        "files": sorted(str(path) for folder in folders for path in folder.rglob("*") if not _kept_object(path)),
        "shared memory": sorted(str(path) for path in Path("/dev/shm").glob("*hal*")),
    }


def _link(descriptor: str) -> str:
    try:
        link = os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:  # the descriptor of the listing itself
        return ""
    return link if link.startswith(("/memfd:", "socket:", "pipe:", "anon_inode:")) else ""


def _kept_object(path: Path) -> bool:
    return path.suffix == ".so" and len(path.stem) == 64
