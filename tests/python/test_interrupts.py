# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and other signals while the main thread waits inside a call."""

import gc
import os
import signal
import sys
import threading
import weakref
from contextlib import contextmanager

import numpy as np
import pytest

import npuhal
from conftest import KERNELS


@contextmanager
def interrupted_when(ready):
    """Sends SIGINT to this process once ready() is true. The block must end with KeyboardInterrupt."""

    def send():
        while not ready() and not stop.is_set():
            pass
        if not stop.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    stop = threading.Event()
    sender = threading.Thread(target=send)
    sender.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        stop.set()
        sender.join()


def main_is_in(function):
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code is function.__code__:
            return True
        frame = frame.f_back
    return False


@pytest.fixture
def mark(worker):
    """Two words that mark_and_stay writes."""
    memory = worker.zeros_shared(2, np.int64)
    words = memory.numpy()
    yield words
    del words
    gc.collect()
    memory.close_with_last_view()


def test_ctrl_c_ends_run_and_the_worker_keeps_its_arrays(worker, binary):
    flag = worker.zeros_shared(2, np.int64)
    words = memoryview(flag)
    data = np.zeros(8, np.float32)
    gone = weakref.ref(data)
    with interrupted_when(lambda: words[0] != 0):
        worker.run(binary.kernel("mark_and_stay"), flag, npuhal.InOut(data))
    del data
    gc.collect()
    assert gone() is not None, "the launch, which still runs, will write the array"
    words.release()
    worker.reset()
    gc.collect()
    assert gone() is None
    check_usable(worker)


def check_usable(worker):
    binary = worker.load(KERNELS / worker.backend / "python_tests.so")
    out = np.zeros(1, np.int32)
    worker.run(binary, npuhal.Out(out))
    assert out[0] == 42


def test_later_work_releases_the_arrays_of_interrupted_work(worker, binary):
    flag = worker.zeros_shared(1, np.int64)
    words = memoryview(flag)
    data = np.zeros(8, np.float32)
    gone = weakref.ref(data)
    with interrupted_when(lambda: main_is_in(npuhal.ChipWorker.run)):
        worker.run(binary.kernel("wait_for_word"), flag, npuhal.InOut(data))
    del data
    words[0] = 1
    check_usable(worker)
    gc.collect()
    assert gone() is None
    words.release()
    flag.close()


@pytest.mark.parametrize("direction", ["copy_to", "copy_from"])
def test_ctrl_c_ends_a_copy(worker, binary, direction):
    flag = worker.zeros_shared(2, np.int64)
    address = worker.malloc(64)
    future = worker.submit(binary.kernel("mark_and_stay"), flag)
    call = {
        "copy_to": lambda: worker.copy_to(address, bytes(64)),
        "copy_from": lambda: worker.copy_from(bytearray(64), address),
    }
    with interrupted_when(lambda: main_is_in(getattr(npuhal.ChipWorker, direction))):
        call[direction]()
    worker.reset()
    assert future.exception().status == "CANCELLED"
    check_usable(worker)


def test_ctrl_c_ends_finalize_and_the_worker_stays_open(worker, binary):
    flag = worker.zeros_shared(2, np.int64)
    future = worker.submit(binary.kernel("mark_and_stay"), flag)
    for _ in range(2):  # the first one may end the wait for the thread of the futures, the second one cannot
        with interrupted_when(lambda: main_is_in(npuhal.ChipWorker.finalize)):
            worker.finalize()
        assert worker.initialised
        assert worker in npuhal._registry.all_open()
    worker.reset()
    assert isinstance(future.exception(), npuhal.Error)
    check_usable(worker)
    worker.finalize()
    assert not worker.initialised


def test_after_an_interrupted_finalize_it_can_be_finalized(worker, binary):
    flag = worker.zeros_shared(1, np.int64)
    words = memoryview(flag)
    future = worker.submit(binary.kernel("wait_for_word"), flag)
    with interrupted_when(lambda: main_is_in(npuhal.ChipWorker.finalize)):
        worker.finalize()
    words[0] = 1
    assert future.result() is None
    words.release()
    flag.close()
    worker.finalize()
    assert not worker.initialised


def test_a_reset_cancels_the_futures_of_launches_that_run(worker, binary):
    flag = worker.zeros_shared(2, np.int64)
    futures = [worker.submit(binary.kernel("mark_and_stay"), flag) for _ in range(2)]
    worker.reset()
    for future in futures:
        assert future.exception().status == "CANCELLED"
    check_usable(worker)


@contextmanager
def handled(handler):
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def send_when_in_run():
    def send():
        while not main_is_in(npuhal.ChipWorker.run):
            pass
        os.kill(os.getpid(), signal.SIGUSR1)

    sender = threading.Thread(target=send)
    sender.start()
    return sender


def test_a_handler_runs_during_a_wait_and_the_wait_goes_on(worker, binary):
    flag = worker.zeros_shared(1, np.int64)
    words = memoryview(flag)

    def let_it_end(number, frame):
        words[0] = 1

    with handled(let_it_end):
        sender = send_when_in_run()
        worker.run(binary.kernel("wait_for_word"), flag)
        sender.join()
    words.release()
    flag.close()


def test_a_handler_inside_a_call_cannot_finalize_or_reset(worker, binary):
    flag = worker.zeros_shared(1, np.int64)
    words = memoryview(flag)
    refused = []

    def try_it(number, frame):
        for method in (worker.finalize, worker.reset):
            try:
                method()
            except npuhal.Busy as failure:
                refused.append(failure.message)
        words[0] = 1

    with handled(try_it):
        sender = send_when_in_run()
        worker.run(binary.kernel("wait_for_word"), flag)
        sender.join()
    assert len(refused) == 2 and all("signal handler" in text for text in refused)
    words.release()
    flag.close()
    check_usable(worker)


PROGRAM = """
    import os, signal, sys, threading
    import numpy as np, npuhal
    backend, mode, folder, loading = sys.argv[1:]
    worker = npuhal.open(backend)
    binary = worker.load(f"{folder}/{backend}/python_tests.so")
    flag = worker.zeros_shared(2, np.int64)
    words = memoryview(flag)
    def is_running():
        return words[0] != 0 if mode != "load" else os.path.exists(loading)
    def send():
        while not is_running():
            pass
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=send, daemon=True).start()
    kernel = binary.kernel("mark_and_stay")
    if mode == "run":
        worker.run(kernel, flag)
    elif mode == "with":
        with worker:
            worker.run(kernel, flag)
    elif mode == "future":
        with worker:
            worker.submit(kernel, flag).result()
    elif mode == "load":
        with worker:
            worker.load(f"{folder}/{backend}/slow_constructor.so")
    elif mode == "finalize":
        worker.submit(kernel, flag)
        worker.finalize()
    print("reached")
"""


@pytest.mark.parametrize("mode", ["run", "with", "future", "load", "finalize"])
def test_one_ctrl_c_ends_a_program(in_child, backend, mode, tmp_path):
    loading = str(tmp_path / "loading")
    status, out, err = in_child(PROGRAM, backend, mode, str(KERNELS), loading, NPUHAL_TEST_LOADING=loading)
    assert status == -signal.SIGINT, err
    assert "KeyboardInterrupt" in err and "reached" not in out
