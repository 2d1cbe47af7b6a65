# SPDX-License-Identifier: Apache-2.0
"""Failures: their classes and details; lost devices and their reset."""

import gc
import logging
import pickle
import platform

import numpy as np
import pytest

import npuhal
from conftest import KERNELS


def test_the_classes_derive_from_built_in_exceptions():
    for error, built_in in [
        (npuhal.InvalidArgument, ValueError),
        (npuhal.OutOfRange, ValueError),
        (npuhal.OutOfMemory, MemoryError),
        (npuhal.Timeout, TimeoutError),
        (npuhal.KernelTimeout, TimeoutError),
        (npuhal.NotFound, LookupError),
    ]:
        assert issubclass(error, built_in) and issubclass(error, npuhal.Error)
    assert not issubclass(npuhal.KernelFault, ValueError)


def test_an_error_has_its_details(worker):
    with pytest.raises(npuhal.OutOfMemory) as caught:
        worker.malloc(2**50)
    error = caught.value
    assert (error.code, error.status) == (-8, "OUT_OF_MEMORY")
    assert error.component == worker.backend and str(2**50) in error.message and error.hint
    native = f" [{error.native_domain} {error.native_code}]" if error.native_domain else ""
    assert str(error).splitlines() == [
        f"OUT_OF_MEMORY in {error.function} ({error.component}): {error.message}{native}",
        f"hint: {error.hint}",
    ]


def test_an_error_can_be_pickled(worker):
    with pytest.raises(npuhal.OutOfMemory) as caught:
        worker.malloc(2**50)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is npuhal.OutOfMemory and str(again) == str(caught.value) and again.code == -8


def test_a_kernel_fault_has_kernel_block_address_and_access(worker, binary):
    with pytest.raises(npuhal.KernelFault) as caught:
        worker.run(binary.kernel("write_to_address"), npuhal.Address(0x1000), tag="bad")
    error = caught.value
    assert error.code == -33 and error.native_domain == "sim" and "0x1000" in str(error)
    assert (error.kernel, error.block, error.address) == ("write_to_address", 0, 0x1000)
    assert error.access in ("write", None if platform.machine() != "x86_64" else "write")
    assert worker.lost
    again = pickle.loads(pickle.dumps(error))
    assert (again.kernel, again.block, again.address) == ("write_to_address", 0, 0x1000)


def test_a_write_past_an_array_is_a_kernel_fault_that_names_the_argument(worker, binary):
    data, short = np.ones(1000, np.float32), np.zeros(999, np.float32)
    arguments = npuhal.In(data), npuhal.In(data), npuhal.Out(short), np.uint32(1000)
    with pytest.raises(npuhal.KernelFault, match="red zone .*argument 2 of ChipWorker.run.* 3996 bytes") as caught:
        worker.run(binary.kernel("add"), *arguments)
    assert caught.value.access == "write" and not worker.lost
    with pytest.raises(npuhal.KernelFault, match="argument 2 of ChipWorker[.]submit"):
        worker.submit(binary.kernel("add"), *arguments).result()
    worker.run(binary.kernel("add"), npuhal.In(data), npuhal.In(data), npuhal.Out(short), np.uint32(999))
    assert (short == 2).all()


def test_check_finds_a_write_into_freed_memory(worker, binary):
    worker.check()
    addr = worker.malloc(64)
    worker.free(addr)
    worker.run(binary.kernel("write_to_address"), npuhal.Address(addr))
    with pytest.raises(npuhal.KernelFault, match="after it was freed") as caught:
        worker.check()
    assert caught.value.address == addr and not worker.lost
    worker.check()


def test_a_kernel_that_never_ends_is_a_timeout(worker, binary):
    with pytest.raises(TimeoutError) as caught:
        worker.run(binary.kernel("endless"), timeout=0.05)
    assert isinstance(caught.value, npuhal.KernelTimeout) and caught.value.kernel == "endless"


def test_after_a_fault_the_device_is_lost(worker, binary):
    gate = worker.zeros_shared(1, np.int64)
    waiting = worker.submit(binary.kernel("wait_for_word"), gate)
    bad = worker.submit(binary.kernel("write_to_address"), npuhal.Address(0x1000))
    good = worker.submit(binary, npuhal.Out(np.zeros(1, np.int32)))
    gate.numpy()[0] = 1
    waiting.result(timeout=60)
    with pytest.raises(npuhal.KernelFault):
        bad.result(timeout=60)
    with pytest.raises(npuhal.DeviceLost):
        good.result(timeout=60)
    with pytest.raises(npuhal.DeviceLost):
        worker.malloc(10)
    gate.close()


def lose(worker, binary):
    with pytest.raises(npuhal.KernelFault):
        worker.run(binary.kernel("write_to_address"), npuhal.Address(0x1000))


def test_frees_on_a_lost_device_succeed_with_a_note(worker, binary, caplog):
    m = worker.zeros_shared(10, np.int32)
    host_ptr, _ = worker.malloc_host_device_share_mem(64)
    lose(worker, binary)
    with caplog.at_level(logging.WARNING, logger="npuhal"):
        m.close()
        worker.free_host_device_share_mem(host_ptr)
    assert [record.message.split(" of ")[0] for record in caplog.records] == ["40 bytes", "64 bytes"]
    assert all("after the device was lost" in record.message for record in caplog.records)


def test_a_reset_makes_the_device_usable_again(worker, binary, backend):
    old = worker.malloc(100)
    m = worker.zeros_shared(10, np.int32)
    lose(worker, binary)
    gc.collect()
    worker.reset()
    assert not worker.lost and m.closed
    with pytest.raises(ValueError):
        worker.free(old)
    with pytest.raises(ValueError):
        binary.kernel("add")
    out = np.zeros(1, np.int32)
    worker.run(worker.load(KERNELS / backend / "python_tests.so"), npuhal.Out(out))
    assert out[0] == 42


def test_a_reset_is_refused_while_views_live(worker, binary):
    m = worker.zeros_shared(10, np.int32)
    view = m.numpy()
    with pytest.raises(BufferError, match="views of its shared memory live .1."):
        worker.reset()
    view[0] = 1  # the memory is unchanged
    worker.run(binary, m)
    assert view[0] == 42
    del view
    worker.reset()
    assert m.closed


def test_finalize_of_a_lost_device_works(worker, binary):
    worker.malloc(100)
    m = worker.zeros_shared(10)
    lose(worker, binary)
    m.close()
    worker.finalize()
    worker.init(worker_backend := "a2a3-sim")
    assert worker.backend == worker_backend


def test_a_failed_step_of_finalize_is_raised_after_the_others(in_child, backend):
    source = """
        import sys, npuhal
        worker = npuhal.open(sys.argv[1])
        worker.malloc(100)
        try:
            worker.finalize()
        except npuhal.Error as error:
            print(error.status, worker.initialised, "HAL_FAULTS" in str(error))
        worker.init(sys.argv[1])
        worker.finalize()
    """
    status, out, err = in_child(source, backend, HAL_FAULTS="mem_free#1=INTERNAL", HAL_LOG_LEVEL="off")
    assert (status, out) == (0, "INTERNAL False True\n"), err


def test_a_failing_finalize_does_not_hide_the_exception(in_child, backend):
    source = """
        import sys, npuhal
        try:
            with npuhal.open(sys.argv[1]) as worker:
                worker.malloc(100)
                1 // 0
        except ZeroDivisionError as error:
            print("HAL_FAULTS" in error.__notes__[0], worker.initialised)
    """
    status, out, err = in_child(source, backend, HAL_FAULTS="mem_free#1=INTERNAL", HAL_LOG_LEVEL="off")
    assert (status, out) == (0, "True False\n"), err
