# SPDX-License-Identifier: Apache-2.0
"""The examples: the exact commands of their READMEs, and their output."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from npuhal.run.case_folder import importable
from npuhal.run.golden import Golden
from npuhal.run.object_cache import ObjectCache
from run_support import EXAMPLES, run

FOLDERS = ["host_register_mapped_demo", "tiled_matmul", "vector_add"]


def commands_of(folder):
    """Returns the commands of the runner in the README, without comments."""
    readme = (EXAMPLES / folder / "README.md").read_text()
    lines = re.findall(r"^python3 -m npuhal\.run .*$", readme, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


COMMANDS = [(folder, tuple(command)) for folder in FOLDERS for command in commands_of(folder)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_readme_has_a_command_for_each_chip(folder):
    backends = {word for command in commands_of(folder) for word in command if word.endswith("-sim")}
    assert backends == {"a2a3-sim", "a5-sim"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda row: " ".join(row[1][3:]))
def test_commands_of_the_readmes_pass(command):
    folder, (_, *arguments) = command
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout and "PASSED" in done.stdout
    assert "note:" not in done.stdout and done.stderr == ""


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_of_each_example_passes_twice_on_each_device(capfd, backend, folder):
    for device in (0, 1):
        ended = run(capfd, EXAMPLES / folder, "--backend", backend, "--device", device, "--repeat", "2", "--json")
        assert ended.status == 0, ended.out + ended.err


def test_the_demo_compares_the_mapped_memory_and_the_copy(capfd, backend, tmp_path):
    golden = (EXAMPLES / "host_register_mapped_demo" / "golden.py").read_text()
    kernels = EXAMPLES / "host_register_mapped_demo" / "kernels"
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "host_register_mapped.cpp").write_bytes((kernels / "host_register_mapped.cpp").read_bytes())
    (tmp_path / "golden.py").write_text(golden.replace('inputs["shared"] + 1,', 'inputs["shared"] + 2,', 1))
    [result] = run(capfd, tmp_path, "--backend", backend, "--json").results
    assert [(m["output"], m["count"]) for m in result["mismatches"]] == [("shared", 128 * 128)]
    (tmp_path / "golden.py").write_text(golden.replace('inputs["shared"] + 1}', 'inputs["shared"] + 2}', 1))
    [result] = run(capfd, tmp_path, "--backend", backend, "--json").results
    assert [(m["output"], m["count"]) for m in result["mismatches"]] == [("copy", 128 * 128)]


def test_the_script_adds_vectors(backend):
    folder = EXAMPLES / "vector_add"
    with importable(folder):
        kernel = Golden(folder).kernel
    with ObjectCache(backend) as objects:
        made = objects.object_of(kernel)
    command = [sys.executable, "-X", "dev", "-W", "error", str(folder / "vector_add.py")]
    environment = {**os.environ, "HAL_BACKEND": backend}
    done = subprocess.run([*command, str(made)], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "sum[0] = 42, sum[999] = 42\n", "")
    done = subprocess.run([*command, "no-such-file.so"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no-such-file.so" in done.stderr and "hint: " in done.stderr
