# SPDX-License-Identifier: Apache-2.0
"""The functions of the module, the choice of the worker, fork, halprobe, types."""

import json
import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

import npuhal


def test_with_no_worker_open_the_error_says_so():
    for call in (lambda: npuhal.malloc_host_device_share_mem(10), lambda: npuhal.free_host_device_share_mem(4096)):
        with pytest.raises(npuhal.FailedPrecondition, match="no worker is open in this process") as caught:
            call()
        assert "npuhal.open" in caught.value.hint


def made_by(worker):
    m = npuhal.malloc_host_device_share_mem(64)
    mine = worker._core.has_shared(m.host_ptr)
    npuhal.free_host_device_share_mem(m)
    return mine


def test_the_newest_open_worker_is_used(backend):
    first, second = npuhal.open(backend), npuhal.open(backend)
    assert made_by(second) and not made_by(first)
    second.finalize()
    assert made_by(first)
    first.finalize()


def test_a_finalized_older_worker_changes_nothing(backend):
    first, second = npuhal.open(backend), npuhal.open(backend)
    first.finalize()
    assert made_by(second)
    second.finalize()


def test_a_with_block_of_the_thread_comes_first(backend):
    with npuhal.open(backend) as outer:
        newer = npuhal.open(backend)
        assert made_by(outer)
        with npuhal.open(backend) as inner:
            assert made_by(inner)
        assert made_by(outer)
        newer.finalize()


def test_a_with_block_of_another_thread_does_not_count(backend):
    seen = []
    with npuhal.open(backend):
        newest = npuhal.open(backend)
        thread = threading.Thread(target=lambda: seen.append(made_by(newest)))
        thread.start()
        thread.join()
        newest.finalize()
    assert seen == [True]


def test_the_last_with_block_of_any_thread_finalizes(backend):
    worker = npuhal.open(backend)
    inside, leave = threading.Event(), threading.Event()

    def use():
        with worker:
            inside.set()
            leave.wait()

    thread = threading.Thread(target=use)
    thread.start()
    inside.wait()
    with worker:
        pass
    assert worker.initialised
    leave.set()
    thread.join()
    assert not worker.initialised


def test_a_with_block_of_a_finalized_worker_says_so(backend):
    with npuhal.open(backend) as worker:
        worker.finalize()
        with pytest.raises(npuhal.FailedPrecondition, match="has been finalized"):
            npuhal.malloc_host_device_share_mem(10)


def test_an_exception_in_a_with_block_finalizes_the_worker(backend):
    with pytest.raises(ZeroDivisionError):
        with npuhal.open(backend) as worker:
            worker.malloc(100)
            1 // 0
    assert not worker.initialised


def test_the_module_frees_a_pointer_too(backend):
    with npuhal.open(backend):
        host_ptr, _ = npuhal.malloc_host_device_share_mem(100)
        npuhal.free_host_device_share_mem(host_ptr)
        with pytest.raises(ValueError):
            npuhal.free_host_device_share_mem(host_ptr)


def test_a_worker_that_is_dropped_is_finalized_with_a_warning(backend):
    with pytest.warns(ResourceWarning, match="never finalized"):
        npuhal.open(backend)


FORKED = """
    import multiprocessing, os, sys, npuhal

    worker = npuhal.open(sys.argv[1])
    memory = worker.malloc_host_device_share_mem(64)

    def child(queue):
        for call in (
            lambda: worker.malloc(10),
            lambda: worker.finalize(),
            lambda: npuhal.malloc_host_device_share_mem(10),
            lambda: memory.close(),
            lambda: npuhal.open(sys.argv[1]),
        ):
            try:
                call()
                queue.put("nothing was raised")
            except npuhal.FailedPrecondition as error:
                queue.put("spawn" in str(error))

    assert multiprocessing.get_start_method() == "fork"
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=child, args=(queue,))
    process.start()
    print([queue.get(timeout=60) for _ in range(5)])
    process.join()
    print(process.exitcode)

    if os.fork() == 0:
        sys.exit(0)  # runs the exit handlers
    print(os.wait()[1])

    memory.close()
    worker.finalize()
"""


def test_errors_in_a_forked_child_name_spawn(in_child, backend):
    assert in_child(FORKED, backend) == (0, "[True, True, True, True, True]\n0\n0\n", "")


def test_a_child_that_forked_before_libhal_was_used_can_use_it(in_child, backend):
    source = """
        import multiprocessing, sys, npuhal

        def child(queue):
            with npuhal.open(sys.argv[1]) as worker:
                queue.put(worker.backend)

        queue = multiprocessing.Queue()
        process = multiprocessing.Process(target=child, args=(queue,))
        process.start()
        print(queue.get(timeout=60))
        process.join()
    """
    assert in_child(source, backend) == (0, f"{backend}\n", "")


def halprobe(*arguments):
    return json.loads(subprocess.run([npuhal._config.HALPROBE, *arguments, "--json"], stdout=subprocess.PIPE).stdout)


def test_backends_are_those_of_halprobe():
    ours = {row["name"]: row for row in npuhal.backends()}
    theirs = {row["name"]: row for row in halprobe("list")["backends"]}
    assert {"a2a3-sim", "a5-sim", "a2a3-onboard", "a5-onboard"} <= set(ours)
    for name, row in ours.items():
        assert {**row, "probe_ms": 0} == {**theirs[name], "probe_ms": 0}
    assert ours["a2a3-sim"]["status"] == "usable" and ours["a2a3-onboard"]["reason"]


def test_the_module_as_a_program_lists_the_backends():
    done = subprocess.run([sys.executable, "-m", "npuhal"], capture_output=True, text=True)
    assert "a2a3-sim" in done.stdout and "a5-sim" in done.stdout
    assert "backends" in json.loads(
        subprocess.run([sys.executable, "-m", "npuhal", "--json"], stdout=subprocess.PIPE).stdout
    )


def test_without_halprobe_the_error_names_it(monkeypatch):
    monkeypatch.setattr(npuhal._config, "HALPROBE", "/nowhere/halprobe")
    with pytest.raises(FileNotFoundError, match="/nowhere/halprobe"):
        npuhal.backends()


def test_empty_pages_are_zeroed_pages():
    pages = npuhal.empty_pages((16, 1024), np.float32)
    assert pages.shape == (16, 1024) and pages.dtype == np.float32 and not pages.any() and pages.flags.writeable
    assert pages.ctypes.data % os.sysconf("SC_PAGE_SIZE") == 0


def package():
    return pathlib.Path(npuhal.__file__).parent


def run_tool(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=package().parent)
    return done.returncode, done.stdout + done.stderr


ALLOWED = str(pathlib.Path(__file__).with_name("stubtest_allowed.txt"))


@pytest.mark.parametrize(
    "tool", [("mypy", "--strict", "-p", "npuhal"), ("mypy.stubtest", "npuhal", "--allowlist", ALLOWED)]
)
def test_the_types_are_right(tool, tmp_path, monkeypatch):
    pytest.importorskip("mypy")
    monkeypatch.setenv("MYPYPATH", str(package().parent))
    monkeypatch.setenv("MYPY_CACHE_DIR", str(tmp_path))
    status, text = run_tool(sys.executable, "-m", *tool)
    assert status == 0, text
