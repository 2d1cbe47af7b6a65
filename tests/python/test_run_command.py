# SPDX-License-Identifier: Apache-2.0
"""The command: options, exit status, stdout and stderr, progress, interrupts."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from run_support import ADD_ONE, ADD_ONE_GOLDEN, CASES, Ended, run, write_case

FAULTS = CASES / "faults"
COMMAND = [sys.executable, "-m", "npuhal.run"]

USAGE: dict[str, tuple[list[Any], str]] = {
    "no folder given": ([], "CASE_DIR"),
    "no such folder": (["/no/such/folder", "--backend", "a2a3-sim"], "no such case folder: /no/such/folder"),
    "no golden": ([CASES, "--backend", "a2a3-sim"], "no golden.py in "),
    "golden itself": ([FAULTS / "golden.py", "--backend", "a2a3-sim"], "is a golden.py, not a folder"),
    "a file": ([FAULTS / "kernels/faults.cpp", "--backend", "a2a3-sim"], "is not a folder"),
    "no backend": ([FAULTS], "--backend is missing\nhint: Give --backend NAME, one of a2a3-"),
    "unknown backend": ([FAULTS, "--backend", "a2a3-smi"], 'unknown backend "a2a3-smi"; did you mean "a2a3-sim"?'),
    "unknown case": ([FAULTS, "--backend", "a5-sim", "--case", "crahs"], 'no case "crahs" in '),
    "nearest case": ([FAULTS, "--backend", "a5-sim", "--case", "crahs"], 'did you mean "crash"?'),
    "device is a word": ([FAULTS, "--backend", "a5-sim", "--device", "x"], '"x" is not a whole number of 0 or more'),
    "negative device": ([FAULTS, "--backend", "a5-sim", "--device=-1"], '"-1" is not a whole number of 0 or more'),
    "no such device": ([FAULTS, "--backend", "a5-sim", "--device", "99999"], ""),
    "no repeat": ([FAULTS, "--backend", "a5-sim", "--repeat", "0"], '"0" is not a whole number of 1 or more'),
    "unknown option": ([FAULTS, "--backend", "a5-sim", "--fast"], "--fast"),
    "list as json": ([FAULTS, "--list", "--json"], "--list and --json cannot be combined"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_set_that_cannot_start_ends_with_2_and_says_why(capfd, case):
    arguments, text = USAGE[case]
    ended = run(capfd, *arguments)
    assert ended.status == 2
    assert text in ended.err


def test_a_missing_device_ends_the_set_at_once(capfd, backend):
    ended = run(capfd, FAULTS, "--backend", backend, "--device", "99999", "--json")
    assert ended.status == 2
    assert [result["stage"] for result in ended.results] == ["open"]
    assert "99999" in ended.results[0]["error"] and "hint: " in ended.results[0]["error"]


def test_an_unusable_plugin_is_reported_with_its_reason(capfd, tmp_path, monkeypatch):
    plugin = tmp_path / "libhal-half.so"
    plugin.write_bytes(b"\x7fELF half a file")
    monkeypatch.setenv("HAL_PLUGIN_PATH", str(tmp_path))
    ended = run(capfd, FAULTS, "--backend", "half")
    assert ended.status == 2
    assert "half is not usable (" in ended.err and "hint: " in ended.err


def test_help_has_an_example_and_the_exit_statuses(capfd):
    ended = run(capfd, "--help")
    assert ended.status == 0
    for text in ("python -m npuhal.run examples/vector_add --backend a2a3-sim", "exit status:", "--repeat", "130"):
        assert text in ended.out


def test_list_shows_the_names_and_runs_nothing(capfd, tmp_path):
    golden = ADD_ONE_GOLDEN + "ALL_CASES = {'b': {}, 'a': {}, 'c': {}}\ngenerate_inputs = compute_golden\n"
    folder = write_case(tmp_path, golden)
    assert run(capfd, folder, "--list") == Ended(0, "b\na\nc\n", "")
    assert run(capfd, folder, "--list", "--case", "c") == Ended(0, "c\n", "")
    assert run(capfd, folder, "--list", "--case", "d").status == 2


def test_cases_run_in_the_given_order_and_as_often_as_repeat_says(capfd, backend, tmp_path):
    folder = write_case(tmp_path, ADD_ONE_GOLDEN + "ALL_CASES = {'a': {}, 'b': {}, 'c': {}}\n")
    cases = ["--case", "c", "--case", "a", "--case", "c"]
    ended = run(capfd, folder, "--backend", backend, *cases, "--repeat", "2", "--json")
    assert [(r["case"], r["repeat"]) for r in ended.results] == [("c", 1), ("c", 2), ("a", 1), ("a", 2)]
    text = run(capfd, folder, "--backend", backend, "--case", "b", "--repeat", "2").out
    assert "PASSED  b (repeat 2 of 2)" in text and text.endswith("2 passed of 2 runs\n")


def test_the_chosen_device_is_used(capfd, backend, tmp_path):
    golden = ADD_ONE_GOLDEN + "import npuhal\nassert_device = None\n" + """
def post_run_collect(outputs, params):
    worker = npuhal._registry.current("golden.py")
    assert (worker.backend, worker.device) == ("BACKEND", 1)
""".replace("BACKEND", backend)
    assert run(capfd, write_case(tmp_path, golden), "--backend", backend, "--device", "1").status == 0


def test_only_json_is_on_stdout_whatever_prints(capfd, backend, tmp_path):
    golden = ADD_ONE_GOLDEN + """
import os, subprocess
print("import prints")
def post_run_collect(outputs, params):
    print("a hook prints"); os.write(1, b"a library prints"); subprocess.run(["echo", "a child prints"])
"""
    kernel = ADD_ONE.replace("#include", "#include <cstdio>\n#include", 1)
    kernel = kernel.replace("const float *a", 'std::puts("a kernel prints");\n  const float *a')
    ended = run(capfd, write_case(tmp_path, golden, add_one=kernel), "--backend", backend, "--json")
    assert ended.document["summary"]["passed"] == 1
    for who in ("import prints", "a hook prints", "a library prints", "a child prints", "a kernel prints"):
        assert who in ended.err


def test_a_set_that_cannot_start_prints_no_json(capfd, tmp_path):
    assert run(capfd, tmp_path, "--backend", "a2a3-sim", "--json").out == ""


@pytest.mark.parametrize("hook", ["import", "generate_inputs", "compute_golden", "post_run_collect"])
def test_an_interrupt_in_a_hook_cleans_up_and_ends_with_130(capfd, backend, tmp_path, hook):
    golden = ADD_ONE_GOLDEN + """
calls = []
def wrapped(name, hook):
    def call(*arguments):
        calls.append(name)
        if name == "HOOK": raise KeyboardInterrupt
        return hook(*arguments)
    return call
generate_inputs = wrapped("generate_inputs", generate_inputs)
compute_golden = wrapped("compute_golden", compute_golden)
post_run_collect = wrapped("post_run_collect", lambda outputs, params: print("calls:", calls))
if "HOOK" == "import": raise KeyboardInterrupt
ALL_CASES = {"a": {}, "b": {}}
""".replace("HOOK", hook)
    ended = run(capfd, write_case(tmp_path, golden), "--backend", backend, "--json")
    assert ended.status == 130
    if hook == "import":
        assert "interrupted" in ended.err
        return
    assert ended.document["summary"] == {"passed": 0, "failed": 0, "error": 1, "planned": 2, "interrupted": True}
    assert (ended.results[0]["stage"], ended.results[0]["error"]) == (hook, "KeyboardInterrupt")
    assert ("calls:" in ended.err) == (hook != "post_run_collect")


ENDLESS = """
import numpy as np, npuhal
__outputs__ = ["x"]
def generate_inputs(params):
    global memory
    memory = npuhal.malloc_host_device_share_mem(4096)
    return {"x": npuhal.InOut(memory.numpy(np.float32))}
def compute_golden(inputs, params):
    pass
def post_run_collect(outputs, params):
    print("freeing")
    npuhal.free_host_device_share_mem(memory)
"""
ENDLESS_KERNEL = """
#include <cstdio>
#include "hal/kernel.h"
HAL_KERNEL(endless) {
  std::puts("looping");
  volatile bool again = true;
  while (again) {
  }
}
"""


def test_ctrl_c_ends_an_endless_kernel(backend, tmp_path):
    folder = write_case(tmp_path, ENDLESS, endless=ENDLESS_KERNEL)
    command = [*COMMAND, str(folder), "--backend", backend, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        while line and "looping" not in line:
            line = process.stderr.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()  # the end of the block waits for it
            raise
    ended = Ended(process.returncode, out, err)
    assert ended.status == 130
    [result] = ended.results
    assert (result["stage"], result["error"], result["cleanup_errors"]) == ("run", "KeyboardInterrupt", [])
    assert any("4096 bytes of shared memory" in note for note in result["notes"])
    assert "freeing" in err
    assert children and not [child for child in children if Path("/proc", child).exists()]


def on_terminal(*arguments):
    """Runs the command with stderr on a terminal. Returns its exit status and the output on the terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while chunk := read(ours):
            seen += chunk
        os.close(ours)
        return process.wait(), seen.decode()


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # EIO: the other side is closed
        return b""


def test_a_long_set_shows_its_progress_only_on_a_terminal(capfd, backend, tmp_path):
    folder = write_case(tmp_path, ADD_ONE_GOLDEN + "ALL_CASES = {'a': {}, 'b': {}}\n")
    status, seen = on_terminal(folder, "--backend", backend, "--repeat", "2")
    assert status == 0
    assert [line for line in seen.split("\r\x1b[K") if line] == ["1/4 a", "2/4 a", "3/4 b", "4/4 b"]
    assert seen.endswith("\r\x1b[K")
    assert on_terminal(folder, "--backend", backend) == (0, "")
    assert run(capfd, folder, "--backend", backend, "--repeat", "2").err == ""
