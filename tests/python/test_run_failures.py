# SPDX-License-Identifier: Apache-2.0
"""Failures in any stage: every failure is reported, nothing is left, and the next case passes in the same process."""

import gc
import itertools

import pytest

from run_support import CACHE, CASES, leftovers, run, write_case

FAULTS = CASES / "faults"
LOADED = set()
NUMBERS = itertools.count(1000)


@pytest.fixture(autouse=True)
def audit(tmp_path, capfd, backend, monkeypatch):
    """Checks that the test leaves nothing behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    if backend not in LOADED:  # libhal and its plugin stay loaded, the kernel stays in the cache
        assert run(capfd, FAULTS, "--backend", backend, "--case", "after_crash").status == 0
        LOADED.add(backend)
    gc.collect()
    before = leftovers(tmp_path / "tmp", CACHE, FAULTS)
    yield
    assert leftovers(tmp_path / "tmp", CACHE, FAULTS) == before


def inject(monkeypatch, faults):
    """Sets HAL_FAULTS to a text that is new in this process: for a known text, libhal continues to count calls."""
    monkeypatch.setenv("HAL_FAULTS", f"{faults};fill#{next(NUMBERS)}=INTERNAL")


THROWN_BY_HOOKS = [
    ("generate_inputs", "generate_inputs", "RuntimeError: generate_inputs throws, with 1024 numbers in sight"),
    ("compute_golden", "compute_golden", "RuntimeError: compute_golden throws, with 4096 numbers in sight"),
    ("post_run_collect", "post_run_collect", "RuntimeError: post_run_collect throws"),
    ("compare", "compare", '"x" has elements of datetime64[s], which cannot be compared'),
    ("crash", "run", "KernelFault: "),
    ("loop", "run", "KernelTimeout: "),
    ("divide", "run", "KernelFault: "),
    ("exit", "compute_golden", "SystemExit: compute_golden wants to end the process"),
]


@pytest.mark.parametrize(("case", "stage", "error"), THROWN_BY_HOOKS, ids=[row[0] for row in THROWN_BY_HOOKS])
def test_an_exception_is_reported_and_the_next_case_passes(capfd, backend, case, stage, error):
    ended = run(capfd, FAULTS, "--backend", backend, "--case", case, "--case", f"after_{case}", "--json")
    failed, after = ended.results
    assert (failed["status"], failed["stage"]) == ("error", stage)
    assert error in failed["error"]
    assert failed["cleanup_errors"] == []
    assert after["status"] == "passed"
    assert ended.status == 1


@pytest.mark.parametrize("case", ["crash", "loop", "divide"])
def test_the_kernel_that_failed_is_named(capfd, backend, case):
    [failed] = run(capfd, FAULTS, "--backend", backend, "--case", case, "--json").results
    assert 'kernel faults' in failed["error"].replace('"', "")


@pytest.mark.parametrize("case", ["crash", "divide", "loop"])
def test_after_a_lost_device_the_hook_frees_with_a_note(capfd, backend, case):
    ended = run(capfd, FAULTS, "--backend", backend, "--case", case, "--json")
    [failed] = ended.results
    assert any("4096 bytes of shared memory" in note and "lost" in note for note in failed["notes"])
    assert "post_run_collect after ['generate_inputs', 'compute_golden'], with []" in ended.err


@pytest.mark.parametrize(
    ("case", "stage"), [("generate_inputs", "generate_inputs"), ("compute_golden", "compute_golden"), ("crash", "run")]
)
def test_both_errors_are_reported_when_post_run_collect_throws_too(capfd, backend, case, stage):
    both = f"{case}_and_post_run_collect"
    ended = run(capfd, FAULTS, "--backend", backend, "--case", both, "--case", f"after_{both}", "--json")
    failed, after = ended.results
    assert failed["stage"] == stage
    [cleanup] = failed["cleanup_errors"]
    assert cleanup["stage"] == "post_run_collect"
    assert "RuntimeError: post_run_collect throws" in cleanup["error"]
    assert "golden.py" in cleanup["traceback"]
    assert after["status"] == "passed"
    text = run(capfd, FAULTS, "--backend", backend, "--case", both).out
    assert text.index(failed["error"].splitlines()[0]) < text.index("clean-up: post_run_collect failed, too:")


def test_outputs_that_differ_are_a_failure_and_the_next_case_passes(capfd, backend):
    ended = run(capfd, FAULTS, "--backend", backend, "--case", "mismatch", "--case", "after_mismatch", "--json")
    assert [result["status"] for result in ended.results] == ["failed", "passed"]
    assert ended.status == 1


def test_every_failure_in_one_process_one_after_another(capfd, backend):
    ended = run(capfd, FAULTS, "--backend", backend, "--json")
    statuses = [result["status"] for result in ended.results]
    assert statuses[1::2] == ["passed"] * (len(statuses) // 2)
    assert "passed" not in statuses[0::2]
    assert ended.document["summary"] == {
        "passed": 12, "failed": 1, "error": 11, "planned": 24, "interrupted": False,
    }


@pytest.mark.parametrize("repeat", [1, 2])
def test_a_failed_finalize_is_reported_after_the_first_failure(capfd, backend, monkeypatch, repeat):
    inject(monkeypatch, f"executable_unload#{repeat}=INTERNAL")
    ended = run(capfd, FAULTS, "--backend", backend, "--case", "mismatch", "--case", "after_mismatch", "--json")
    failed, after = ended.results
    assert failed["status"] == "failed"
    reported = failed["cleanup_errors"] if repeat == 1 else [{"stage": after["stage"], "error": after["error"]}]
    assert [failure["stage"] for failure in reported] == ["finalize"]
    assert f"injected by HAL_FAULTS: executable_unload#{repeat}" in reported[0]["error"]
    assert after["status"] == ("passed" if repeat == 1 else "error")


def test_finalize_runs_after_a_failed_reset(capfd, backend, monkeypatch):
    inject(monkeypatch, "device_reset#1=INTERNAL")
    ended = run(capfd, FAULTS, "--backend", backend, "--case", "crash", "--case", "after_crash", "--json")
    failed, after = ended.results
    assert [failure["stage"] for failure in failed["cleanup_errors"]] == ["reset"]
    assert after["status"] == "passed"


CALLS = ["device_open", "stream_create", "executable_load_file", "mem_alloc", "kernel_launch"]


@pytest.mark.parametrize("fault", CALLS)
def test_each_call_of_a_run_may_fail(capfd, backend, monkeypatch, fault):
    inject(monkeypatch, f"{fault}#1=OUT_OF_MEMORY")
    ended = run(capfd, FAULTS, "--backend", backend, "--case", "mismatch", "--case", "after_mismatch", "--json")
    failed, after = ended.results
    assert failed["status"] == "error"
    assert f"injected by HAL_FAULTS: {fault}#1" in failed["error"]
    assert after["status"] == "passed"


def test_post_run_collect_runs_after_a_kernel_that_cannot_be_compiled(capfd, backend, tmp_path):
    golden = """
        __outputs__ = ["x"]
        def generate_inputs(params): raise AssertionError("not reached")
        def compute_golden(inputs, params): raise AssertionError("not reached")
        def post_run_collect(outputs, params): raise KeyError(f"nothing was allocated, outputs {outputs}")
    """
    case = write_case(tmp_path / "case", golden, broken="int kernel() { return no_such_name; }\n")
    ended = run(capfd, case, "--backend", backend, "--json")
    [failed] = ended.results
    assert failed["stage"] == "compile"
    assert [failure["stage"] for failure in failed["cleanup_errors"]] == ["post_run_collect"]
    assert "nothing was allocated, outputs {}" in failed["cleanup_errors"][0]["error"]
    assert run(capfd, FAULTS, "--backend", backend, "--case", "after_crash").status == 0


def test_memory_that_a_case_never_frees_is_a_note(capfd, backend, tmp_path):
    golden = """
        import numpy as np, npuhal
        __outputs__ = ["out"]
        def generate_inputs(params):
            global memory, view
            memory = npuhal.malloc_host_device_share_mem(48)
            view = memory.numpy(np.float32)
            return {"a": view, "out": np.zeros(12, np.float32), "count": np.uint32(12)}
        def compute_golden(inputs, params):
            return {"out": inputs["a"] + 1}
    """
    case = write_case(tmp_path / "case", golden)
    ended = run(capfd, case, "--backend", backend, "--json")
    assert ended.status == 0
    assert any("48 bytes" in note and "never freed" in note for note in ended.results[0]["notes"])
