# SPDX-License-Identifier: Apache-2.0
"""Tests the folder test: it finds errors in objects, sidecars and results."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import folder
import sidecar

BUILT = pathlib.Path(os.environ["NPUHAL_TEST_KERNELS"])
TENSOR: dict[str, Any] = {
    "dtype": "float32", "shape": [2, 3], "init": {"ramp": [1, 0.5]}, "expected": {"ramp": [2, 0.5]},
}
COUNT: dict[str, Any] = {"dtype": "uint32", "scalar": 6}
ADD_ONE: dict[str, Any] = {"kernel": "add_one", "blocks": 4, "args": [TENSOR, COUNT]}


@pytest.fixture
def put(tmp_path):
    """Returns a function that copies an object with a sidecar into the folder and returns its path."""

    def put_object(name, launches=None, backend="a2a3-sim"):
        path = tmp_path / f"{name}.so"
        shutil.copy(BUILT / backend / f"conformance-{name}.so", path)
        if launches is not None:
            path.with_suffix(".json").write_text(json.dumps({"launches": launches}), encoding="utf-8")
        return path

    return put_object


def test_a_launch_that_does_what_the_sidecar_says_passes(put):
    path = put("basics", [ADD_ONE, ADD_ONE])
    found = folder.check("a2a3-sim", path)
    assert found is not None
    names, launches = found
    assert "add_one" in names and "kernel_entry" in names and "not_a_kernel" not in names
    assert launches == 2


def test_an_object_for_another_backend_does_not_fit(put):
    assert folder.check("a5-sim", put("basics", [ADD_ONE])) is None


def test_an_object_that_names_no_backend_runs_on_both(put):
    tensor = {"dtype": "uint64", "shape": [3], "expected": {"values": [300, 301, 302]}}
    entry: dict[str, Any] = {"args": [tensor], "blocks": 3}
    path = put("foreign", [entry, {**entry, "backends": ["a5-sim"]}])
    assert folder.check("a2a3-sim", path) == (["kernel_entry"], 1)
    assert folder.check("a5-sim", path) == (["kernel_entry"], 2)


def test_each_convention_can_be_named(put):
    # report_descriptors writes the three descriptors that it got, and their addresses
    bare: dict[str, Any] = {"dtype": "uint8", "shape": [416]}
    with pytest.raises(AssertionError, match="argument 0"):
        folder.check("a2a3-sim", put("basics", [{"kernel": "report_descriptors", "convention": "args_descriptors",
                                                 "args": [{**bare, "expected": {"fill": 0}}, bare, bare]}]))


@pytest.mark.parametrize("expected, text", [
    ({"ramp": [2, 0.25]}, "5 of 6 elements differ by more than 0; the first at [0, 1]: 2.5, expected 2.25"),
    ({"values": [2, 2.5, 3, 3.5, 4, 4.75]},
     "1 of 6 elements differ by more than 0; the first at [1, 2]: 4.5, expected 4.75"),
])
def test_a_wrong_result_is_reported_with_argument_index_and_values(put, expected, text):
    path = put("basics", [{**ADD_ONE, "args": [{**TENSOR, "expected": expected}, COUNT]}])
    with pytest.raises(AssertionError) as failure:
        folder.check("a2a3-sim", path)
    assert "basics.json: launch 0: argument 0: " + text in str(failure.value)


def test_a_tolerance_is_the_largest_difference_that_passes(put):
    for tolerance, fits in ((0.3, True), (0.01, False)):
        near = {**TENSOR, "expected": {"ramp": [2.1, 0.5]}, "tolerance": tolerance}
        path = put("basics", [{**ADD_ONE, "args": [near, COUNT]}])
        if fits:
            folder.check("a2a3-sim", path)
        else:
            with pytest.raises(AssertionError):
                folder.check("a2a3-sim", path)


def test_nan_equals_only_nan(put, tmp_path):
    np.array([np.nan] * 6, np.float32).tofile(tmp_path / "nan.bin")
    nan = {"file": "nan.bin"}
    folder.check("a2a3-sim", put("basics", [{**ADD_ONE, "args": [{**TENSOR, "init": nan, "expected": nan}, COUNT]}]))
    with pytest.raises(AssertionError, match="6 of 6"):
        folder.check("a2a3-sim", put("basics", [{**ADD_ONE, "args": [{**TENSOR, "expected": nan}, COUNT]}]))


@pytest.mark.parametrize("change, text", [
    ({"kernal": "x"}, "launch 0 has the unknown key 'kernal'"),
    ({"args": None}, "args is None"),
    ({"blocks": 0}, "blocks is 0"),
    ({"backends": ["a9-sim"]}, "backends is ['a9-sim']"),
    ({"args": [COUNT]}, "nothing would be compared"),
    ({"args": [{**TENSOR, "dtype": "float64"}]}, "argument 0: dtype is 'float64'; use one of float32"),
    ({"args": [{**TENSOR, "dtype": "bfloat16"}]}, "dtype is 'bfloat16'"),
    ({"args": [{**TENSOR, "shape": [0]}]}, "shape is [0]"),
    ({"args": [{**TENSOR, "init": {"values": [1, 2]}}]}, "init: values gives 2 elements; shape [2, 3] has 6"),
    ({"args": [{**TENSOR, "init": {"random": 1}}]}, "init is 'random'"),
    ({"args": [{**TENSOR, "init": {"file": "no-such.bin"}}]}, "no-such.bin"),
    ({"args": [{**TENSOR, "expected": {"fill": "x"}}]}, "expected: fill is 'x'"),
    ({"args": [{**TENSOR, "tolerance": -1}]}, "tolerance is -1"),
    ({"args": [TENSOR, {"dtype": "uint32", "scalar": "x"}]}, "argument 1: scalar is 'x'"),
    ({"args": [TENSOR, {"dtype": "uint32", "scalar": 1, "shape": [1]}]}, "argument 1 has the unknown key 'shape'"),
])
def test_the_message_about_a_wrong_sidecar_names_the_place(put, change, text):
    with pytest.raises(sidecar.SidecarError) as failure:
        folder.check("a2a3-sim", put("basics", [{**ADD_ONE, **change}]))
    assert text in str(failure.value)
    assert "basics.json" in str(failure.value)


def test_invalid_json_and_a_folder_without_objects_are_errors(put, tmp_path):
    with pytest.raises(FileNotFoundError, match="has no .so file"):
        folder.objects(tmp_path)
    path = put("basics")
    path.with_suffix(".json").write_text("{launches", encoding="utf-8")
    with pytest.raises(sidecar.SidecarError, match="not valid JSON"):
        folder.check("a2a3-sim", path)


def run_folder(tmp_path):
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
                           str(pathlib.Path(__file__).parent / "test_folder.py")],
                          env={**os.environ, "HAL_TEST_KERNELS": str(tmp_path)}, capture_output=True, text=True)


def test_the_whole_folder_is_run_and_one_bad_object_fails_it(put, tmp_path):
    put("basics", [ADD_ONE])
    put("foreign")
    put("twin-a", [{"args": [{"dtype": "int64", "shape": [1], "expected": {"fill": 2}}]}], "a5-sim")
    done = run_folder(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "basics.so on a2a3-sim: 1 launches; kernels: " in done.stdout
    assert "basics.so on a5-sim: for another backend" in done.stdout
    assert "twin-a.so on a5-sim: 1 launches; kernels: kernel_entry, twin_function" in done.stdout
    (tmp_path / "broken.so").write_bytes(b"no object")
    done = run_folder(tmp_path)
    assert done.returncode == 1
    assert "broken.so" in done.stdout and "it is not an ELF file" in done.stdout
