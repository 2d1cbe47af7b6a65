# SPDX-License-Identifier: Apache-2.0
"""Host-device shared memory: kernels use it in place, and views keep it alive."""

import gc
import itertools
import threading
import warnings
from typing import Any

import numpy as np
import pytest

import npuhal
from conftest import KERNELS


def test_kernels_use_it_in_place(worker, binary):
    m = worker.zeros_shared((3, 100), np.float32)
    assert (m.nbytes, m.shape, m.dtype) == (1200, (3, 100), np.float32)
    assert m.host_ptr != m.device_addr and m.host_ptr > 0 and m.device_addr > 0
    view = m.numpy()
    assert view.ctypes.data == m.host_ptr and view.shape == (3, 100) and not view.any()
    ones = np.ones(300, np.float32)
    for expected in range(1, 4):
        worker.run(binary.kernel("add"), m, npuhal.In(ones), npuhal.InOut(view), np.uint32(300))
        assert (view == expected).all()
    worker.run(binary.kernel("add"), npuhal.Address(m.device_addr), npuhal.In(ones), m, np.uint32(300))
    assert (view == 4).all()
    del view
    m.close()


def test_unpacking_returns_two_addresses_and_the_worker_owns_the_memory(worker):
    host_ptr, device_addr = worker.malloc_host_device_share_mem(4096)
    gc.collect()
    assert isinstance(host_ptr, int) and isinstance(device_addr, int) and host_ptr != device_addr
    worker.free_host_device_share_mem(host_ptr)
    with pytest.raises(ValueError, match="is already freed"):
        worker.free_host_device_share_mem(host_ptr)


def test_a_pointer_that_is_not_its_start_is_refused(worker):
    m = worker.malloc_host_device_share_mem(8192)
    for pointer in (m.host_ptr + 1, m.host_ptr + 4096, m.device_addr, 0, -1, 2**64, 2**100):
        with pytest.raises(ValueError):
            worker.free_host_device_share_mem(pointer)
    worker.free_host_device_share_mem(m)
    with pytest.raises(ValueError, match="already freed"):
        worker.free_host_device_share_mem(m)


def test_freeing_memory_of_another_worker_says_so(worker, backend):
    with npuhal.open(backend) as other:
        host_ptr, _ = other.malloc_host_device_share_mem(64)
        with pytest.raises(ValueError, match="on the worker that allocated it"):
            worker.free_host_device_share_mem(host_ptr)
        other.free_host_device_share_mem(host_ptr)


def test_the_same_bytes_can_be_read_as_other_types(worker):
    with worker.malloc_host_device_share_mem(64) as m:
        m.numpy(np.int32)[:] = range(16)
        assert m.numpy(np.int32, (4, 4))[3, 3] == 15
        assert m.numpy().dtype == np.uint8 and m.numpy().shape == (64,)
        with pytest.raises(ValueError):
            m.numpy(np.int32, (5, 5))
    assert m.closed


def test_the_buffer_protocol_is_typed(worker):
    m = worker.empty_shared((2, 3), np.int16)
    view: Any = memoryview(m)
    assert (view.format, view.itemsize, view.shape, view.strides, view.readonly) == ("h", 2, (2, 3), (6, 2), False)
    view[1, 2] = 7
    assert np.asarray(m)[1, 2] == 7 and bytes(m)[-2:] == b"\x07\x00" and np.asarray(m).dtype == np.int16
    assert view.c_contiguous and not np.asarray(m).flags.owndata
    view.release()
    m.close()
    with pytest.raises(ValueError, match="is closed"):
        memoryview(m)
    with pytest.raises(ValueError, match="is closed"):
        m.numpy()


def test_dlpack_exports_host_memory(worker):
    m = worker.zeros_shared(5, np.float32)
    assert m.__dlpack_device__() == (1, 0)
    array = np.from_dlpack(m)
    array_base = m.numpy()
    array_base[2] = 3
    assert array[2] == 3
    with pytest.raises(BufferError):
        m.close()
    del array, array_base
    m.close()
    with pytest.raises(ValueError, match="stream"):
        m.__dlpack__(stream=1)


VIEWS = [lambda m: m.numpy(), lambda m: m.numpy()[1:], memoryview, np.asarray, np.from_dlpack]


@pytest.mark.parametrize("make_view", VIEWS)
def test_closing_while_a_view_lives_is_a_buffer_error(worker, make_view):
    m = worker.zeros_shared(10, np.float32)
    view = make_view(m)
    with pytest.raises(BufferError, match="views of them live"):
        m.close()
    with pytest.raises(BufferError, match="views of them live"):
        worker.free_host_device_share_mem(m)
    with pytest.raises(BufferError, match="views of them live"):
        worker.free_host_device_share_mem(m.host_ptr)
    assert view[0] == 0  # the memory is unchanged
    del view
    m.close()
    m.close()


def test_a_view_keeps_the_memory_alive(backend):
    worker = npuhal.open(backend)
    view = worker.zeros_shared(1000, np.int32).numpy()
    with pytest.warns(ResourceWarning, match="4000 bytes of shared memory that were never freed"):
        worker.finalize()
    del worker
    gc.collect()
    view[:] = 7
    assert view.sum() == 7000
    with npuhal.open(backend) as again:  # the view has kept the device open
        assert again.malloc(10) != 0
    view[:] = 8
    del view


def test_memory_that_is_dropped_is_freed_with_a_warning(worker):
    free = worker.query("mapped_free_bytes")
    with pytest.warns(ResourceWarning, match="never freed: <npuhal.SharedMemory 1048576 bytes"):
        worker.malloc_host_device_share_mem(1 << 20)
        gc.collect()
    assert worker.query("mapped_free_bytes") == free


def test_freed_memory_causes_no_warning(backend):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with npuhal.open(backend) as worker:
            with worker.zeros_shared(10):
                pass
            worker.zeros_shared(10).close()
            worker.free_host_device_share_mem(worker.malloc_host_device_share_mem(10))
        gc.collect()


def test_memory_in_use_by_a_launch_is_busy(worker, binary):
    gate = worker.zeros_shared(1, np.int64)
    future = worker.submit(binary.kernel("wait_for_word"), gate)
    with pytest.raises(npuhal.Busy):
        gate.close()
    assert not gate.closed
    gate.numpy()[0] = 1
    future.result(timeout=60)
    gate.close()


def test_views_in_the_frames_of_an_exception_do_not_hide_it(worker):
    with pytest.raises(ZeroDivisionError) as caught:
        with worker.zeros_shared(10) as m:
            view = m.numpy()
            view[0] = 1 // 0
    assert m.closed and view[0] == 0  # freed with the last view
    del caught


def test_memory_in_use_does_not_hide_an_exception(worker, binary):
    with pytest.raises(ZeroDivisionError) as caught:
        with worker.zeros_shared(1, np.int64) as gate:
            future = worker.submit(binary.kernel("wait_for_word"), gate)
            1 // 0
    assert "could not be freed: BUSY" in caught.value.__notes__[0] and not gate.closed
    gate.numpy()[0] = 1
    future.result(timeout=60)
    gate.close()


def test_closed_memory_is_refused_as_an_argument(worker, binary):
    m = worker.zeros_shared(1, np.int32)
    m.close()
    with pytest.raises(ValueError, match="argument 0: this shared memory is closed"):
        worker.run(binary, m)


@pytest.mark.parametrize("shape", [0, (), (3, 0), -1, (2, -2)])
def test_a_shape_without_elements_is_refused(worker, shape):
    with pytest.raises(ValueError, match="has no elements"):
        worker.empty_shared(shape)


@pytest.mark.parametrize("dtype", [np.float64, np.complex64, "U3", object, ">f4", np.dtype("i4,f4"), "no such type"])
def test_a_dtype_that_kernels_do_not_support_is_refused(worker, dtype):
    with pytest.raises(TypeError):
        worker.empty_shared(3, dtype)


def test_bfloat16_is_two_bytes(worker):
    with worker.zeros_shared(4, "bfloat16") as m:
        assert m.nbytes == 8 and m.numpy().dtype == np.uint16


def test_workers_of_one_device_can_use_the_same_memory(worker, backend):
    with npuhal.open(backend) as other:
        kernel = other.load(KERNELS / backend / "python_tests.so")
        m = worker.zeros_shared(1, np.int32)
        other.run(kernel, m)
        assert m.numpy()[0] == 42
        m.close()


def test_every_order_of_deleting_and_finalizing(backend):
    """Deletes the memory, its view and the worker, finalizes and collects, in each order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        for order in itertools.permutations(["memory", "view", "worker", "finalize", "gc"]):
            held: dict[str, Any] = {"worker": npuhal.open(backend)}
            held["memory"] = held["worker"].zeros_shared(100, np.int32)
            held["view"] = held["memory"].numpy()
            for step in order:
                if step == "finalize":
                    if "worker" in held:
                        held["worker"].finalize()
                elif step == "gc":
                    gc.collect()
                else:
                    del held[step]
                if "view" in held:
                    held["view"][:] = 1
        gc.collect()


@pytest.mark.parametrize("last", ["view", "memory", "worker", "cycle"])
def test_the_interpreter_can_end_while_everything_is_alive(in_child, backend, last):
    source = """
        import sys, warnings
        warnings.simplefilter("ignore")
        import numpy as np, npuhal
        worker = npuhal.open(sys.argv[1])
        memory = worker.zeros_shared(100, np.int32)
        view = memory.numpy()
        kernel = worker.load(sys.argv[3])
        out = np.zeros(1, np.int32)
        future = worker.submit(kernel, npuhal.Out(out))
        keep = {"view": view, "memory": memory, "worker": worker}.get(sys.argv[2])
        if sys.argv[2] == "cycle":
            keep = [worker, memory, view]
            keep.append(keep)
        del worker, memory, view, kernel
        print("end")
    """
    assert in_child(source, backend, last, str(KERNELS / backend / "python_tests.so")) == (0, "end\n", "")


def test_daemon_threads_in_a_call_do_not_keep_the_interpreter_from_ending(in_child, backend):
    source = """
        import sys, threading, warnings
        warnings.simplefilter("ignore")
        import numpy as np, npuhal
        worker = npuhal.open(sys.argv[1])
        started = threading.Event()

        def work():
            while True:
                addr = worker.malloc(100)
                started.set()
                worker.free(addr)

        for _ in range(16):
            threading.Thread(target=work, daemon=True).start()
        started.wait()
        threading.excepthook = lambda _: None  # the worker is finalized while they run
        print("end")
    """
    assert in_child(source, backend) == (0, "end\n", "")


def test_many_threads_at_once(worker):
    failures = []

    def work(seed):
        try:
            for i in range(50):
                m = worker.zeros_shared(100 + i, np.int32)
                m.numpy()[:] = seed
                view = m.numpy()
                assert (view == seed).all()
                del view
                m.close()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
