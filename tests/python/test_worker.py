# SPDX-License-Identifier: Apache-2.0
"""ChipWorker: lifecycle, device memory, copies, registration, kernels, launches."""

import concurrent.futures
import ctypes
import mmap
import threading

import numpy as np
import pytest

import npuhal
from conftest import KERNELS

ADD_COUNT = 1000


@pytest.fixture
def add(binary):
    return binary.kernel("add")


def floats(count=ADD_COUNT):
    return np.arange(count, dtype=np.float32)


def test_numpy_arrays_go_in_and_come_out(worker, add):
    a, b, c = floats(), floats() * 2, np.zeros(ADD_COUNT, np.float32)
    worker.run(add, npuhal.In(a), npuhal.In(b), npuhal.Out(c), np.uint32(ADD_COUNT), block_count=8)
    np.testing.assert_array_equal(c, 3 * floats())
    np.testing.assert_array_equal(a, floats())


def test_arguments_may_be_one_list(worker, add):
    c = np.zeros(ADD_COUNT, np.float32)
    worker.run(add, [npuhal.In(floats()), npuhal.In(floats()), npuhal.Out(c), np.uint32(ADD_COUNT)])
    np.testing.assert_array_equal(c, 2 * floats())


def test_in_out_is_read_and_written(worker, binary):
    x = np.arange(100, dtype=np.uint8)
    worker.run(binary.kernel("increment_bytes"), npuhal.InOut(x), np.uint64(x.nbytes))
    np.testing.assert_array_equal(x, np.arange(1, 101, dtype=np.uint8))


def test_any_buffer_can_be_data(worker, binary):
    x = bytearray(b"abc")
    worker.run(binary.kernel("increment_bytes"), npuhal.InOut(x), 3)
    assert x == b"bcd"


def test_scalars_keep_their_bits(worker, binary):
    values = [np.int8(-1), np.uint16(65535), -2, 2**63, True, 1.5, np.float32(-0.0), np.float16(1), np.bool_(False)]
    words = np.zeros(len(values), np.uint64)
    worker.run(binary.kernel("show_words"), npuhal.Out(words), len(values), *values)
    assert list(words) == [0xFF, 0xFFFF, 2**64 - 2, 2**63, 1, 0x3FC00000, 0x80000000, 0x3C00, 0]


def test_a_binary_runs_its_kernel_entry(worker, binary):
    x = np.zeros(1, np.int32)
    worker.run(binary, npuhal.Out(x))
    assert x[0] == 42


def test_device_memory_by_its_address(worker, add):
    nbytes = ADD_COUNT * 4
    source, target = worker.malloc(nbytes), worker.malloc(nbytes)
    worker.copy_to(source, floats())
    tensor = npuhal.DeviceTensor(source, ADD_COUNT, np.float32, "r")
    worker.run(add, tensor, npuhal.DeviceMemory(source, access="r"), npuhal.Address(target), np.uint32(ADD_COUNT))
    back = np.empty(ADD_COUNT, np.float32)
    worker.copy_from(back, target)
    np.testing.assert_array_equal(back, 2 * floats())
    worker.free(source)
    worker.free(target)
    with pytest.raises(ValueError, match="memory of this device.* freed"):
        worker.free(target)


def test_registered_memory_is_used_in_place(worker, binary):
    pages = npuhal.empty_pages(65536)
    addr = worker.register_host(pages)
    worker.run(binary.kernel("increment_bytes"), npuhal.Address(addr), pages.nbytes)
    assert (pages == 1).all()
    worker.run(binary.kernel("increment_bytes"), npuhal.InOut(pages), pages.nbytes)  # it is mapped, so it is not copied
    assert (pages == 2).all()
    with pytest.raises(ValueError, match="overlap|registered"):
        worker.register_host(pages)
    worker.unregister_host(pages)
    assert (pages == 2).all()
    with pytest.raises(npuhal.InvalidArgument):
        worker.unregister_host(pages)


def test_memory_that_is_not_whole_pages_cannot_be_registered(worker):
    with pytest.raises(ValueError, match="align|multiple"):
        worker.register_host(np.zeros(100, np.uint8))


def test_registered_memory_cannot_be_freed(worker):
    pages = mmap.mmap(-1, 65536, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    worker.register_host(pages)
    with pytest.raises(BufferError):
        pages.close()
    worker.finalize()
    pages.close()


def test_kernel_objects_from_bytes(worker):
    data = (KERNELS / worker.backend / "python_tests.so").read_bytes()
    x = np.zeros(1, np.int32)
    with worker.load(data) as loaded:
        worker.run(loaded, npuhal.Out(x))
        kernel = loaded.kernel()
    assert x[0] == 42
    with pytest.raises(ValueError):
        worker.run(kernel, npuhal.Out(x))


def test_an_object_that_cannot_be_loaded_says_why(worker, binary, tmp_path):
    with pytest.raises(npuhal.NotFound, match="no-such-file.so"):
        worker.load("no-such-file.so")
    with pytest.raises(LookupError, match="no_such_kernel"):
        binary.kernel("no_such_kernel")
    other = "a5-sim" if worker.backend == "a2a3-sim" else "a2a3-sim"
    with pytest.raises(ValueError, match=other):
        worker.load(KERNELS / other / "python_tests.so")
    with pytest.raises(ValueError):
        worker.load(b"no object")


@pytest.mark.parametrize(
    "bad, error, text",
    [
        (lambda: floats(), TypeError, "argument 1: a numpy.ndarray does not say"),
        (lambda: "text", TypeError, "argument 1: a str is not a kernel argument"),
        (lambda: None, TypeError, "argument 1: a NoneType is not a kernel argument"),
        (lambda: npuhal.In(floats()[::2]), ValueError, r"argument 1 \(In\): the data are not contiguous"),
        (lambda: npuhal.In(floats().reshape(10, 100).T), ValueError, r"argument 1 \(In\): the data are not contiguous"),
        (lambda: npuhal.In(floats().astype(np.float64)), TypeError, r"argument 1 \(In\): the elements are float64"),
        (lambda: npuhal.In(floats().astype(">f4")), TypeError, r"argument 1 \(In\): the elements are >f4"),
        (lambda: npuhal.In(floats().astype(np.complex64)), TypeError, r"argument 1 \(In\): the elements are complex64"),
        (lambda: npuhal.In(np.array(3, np.int32)), ValueError, r"argument 1 \(In\): the array has no dimension"),
        (lambda: npuhal.In(np.zeros((2, 0), np.int8)), ValueError, r"argument 1 \(In\): dimension 1 of the array is 0"),
        (lambda: npuhal.In(np.zeros((1,) * 6, np.int8)), ValueError, r"argument 1 \(In\): the array has 6 dimensions"),
        (lambda: npuhal.Out(b"constant"), ValueError, r"argument 1 \(Out\): the data are read-only"),
        (
            lambda: npuhal.InOut(np.broadcast_to(np.float32(1), 5)),
            ValueError,
            r"argument 1 \(InOut\): the data are read-only",
        ),
        (lambda: npuhal.Out(3), TypeError, r"argument 1 \(Out\): a int is not a buffer"),
        (lambda: npuhal.In(np.zeros(3, np.int8), "bfloat16"), TypeError, r"argument 1 \(In\): bfloat16 needs elements"),
        (lambda: np.float64(1), TypeError, "argument 1: the scalar is a numpy.float64"),
        (lambda: 2**64, ValueError, "argument 1: 18446744073709551616 does not fit in 64 bits"),
        (lambda: 1e300, ValueError, "argument 1: 1e[+]300 exceeds the range of float32"),
        (lambda: npuhal.DeviceMemory(4096), ValueError, "argument 1"),
    ],
)
def test_a_bad_argument_is_named(worker, add, bad, error, text):
    with pytest.raises(error, match=text):
        worker.run(add, npuhal.In(floats()), bad())


def test_a_read_only_array_may_be_read(worker, add):
    a, c = floats(), np.zeros(ADD_COUNT, np.float32)
    a.flags.writeable = False
    worker.run(add, npuhal.In(a), npuhal.In(a), npuhal.Out(c), np.uint32(ADD_COUNT))
    np.testing.assert_array_equal(c, 2 * floats())


@pytest.mark.parametrize(
    "option, text",
    [
        ({"engine": "gpu"}, "engine is 'gpu'; it can be 'aic', 'aiv', 'aicpu'"),
        ({"convention": "C++"}, "convention is 'C[+][+]'"),
        ({"block_count": 0}, "block_count is 0"),
        ({"block_count": 2**31}, "block"),
        ({"timeout": 0}, "timeout is 0 seconds"),
        ({"timeout": float("nan")}, "timeout is nan seconds"),
    ],
)
def test_a_bad_option_is_named(worker, binary, option, text):
    with pytest.raises(ValueError, match=text):
        worker.run(binary, npuhal.Out(np.zeros(1, np.int32)), **option)


def test_a_kernel_of_another_type_is_refused(worker):
    with pytest.raises(TypeError, match="the kernel is a str"):
        worker.run("add")


def test_impossible_sizes_are_refused(worker):
    with pytest.raises(ValueError):
        worker.malloc(0)
    with pytest.raises(ValueError, match="-1 bytes"):
        worker.malloc(-1)
    for size in (2**63, 2**64, 2**100):
        with pytest.raises(MemoryError):
            worker.malloc(size)
        with pytest.raises(MemoryError):
            worker.malloc_host_device_share_mem(size)
    with pytest.raises(ValueError):
        worker.malloc_host_device_share_mem(0)


def test_copies_beyond_the_memory_are_refused(worker):
    addr = worker.malloc(100)
    with pytest.raises(npuhal.OutOfRange):
        worker.copy_to(addr, np.zeros(101, np.uint8))
    with pytest.raises(ValueError, match="destination: the data are read-only"):
        worker.copy_from(bytes(10), addr)
    with pytest.raises(ValueError, match="source: the data are not contiguous"):
        worker.copy_to(addr, np.zeros(20, np.uint8)[::2])
    with pytest.raises(ValueError, match="is empty"):
        worker.copy_to(addr, b"")


def test_a_submit_is_a_future(worker, add):
    results = [np.zeros(ADD_COUNT, np.float32) for _ in range(20)]
    futures = [
        worker.submit(add, npuhal.In(floats()), npuhal.In(floats() * i), npuhal.Out(out), np.uint32(ADD_COUNT))
        for i, out in enumerate(results)
    ]
    assert all(isinstance(future, concurrent.futures.Future) for future in futures)
    done, pending = concurrent.futures.wait(futures, timeout=60)
    assert not pending and all(future.result() is None for future in done)
    for i, out in enumerate(results):
        np.testing.assert_array_equal(out, floats() * (i + 1))


def test_a_bad_submit_fails_at_once(worker, add):
    with pytest.raises(TypeError, match="argument 0"):
        worker.submit(add, floats())


def test_a_future_cannot_be_cancelled(worker, binary):
    gate = worker.zeros_shared(1, np.int64)
    view = gate.numpy()
    future = worker.submit(binary.kernel("wait_for_word"), gate)
    assert not future.cancel() and not future.done()
    with pytest.raises(npuhal.Busy):
        binary.unload()
    view[0] = 1
    future.result(timeout=60)
    del view
    gate.close()


def test_a_callback_may_finalize(worker, binary):
    finalized = threading.Event()

    def callback(_):
        worker.finalize()
        finalized.set()

    gate = worker.zeros_shared(1, np.int64)
    futures = [worker.submit(binary.kernel("wait_for_word"), gate) for _ in range(3)]
    futures[0].add_done_callback(callback)
    gate.numpy()[0] = 1
    for future in futures:
        future.result(timeout=60)
    assert finalized.wait(60)
    assert not worker.initialised


def test_finalize_waits_for_what_was_submitted(worker, add):
    out = np.zeros(ADD_COUNT, np.float32)
    future = worker.submit(add, npuhal.In(floats()), npuhal.In(floats()), npuhal.Out(out), np.uint32(ADD_COUNT))
    worker.finalize()
    assert future.done() and future.result() is None
    np.testing.assert_array_equal(out, 2 * floats())


def test_any_thread_may_finalize(backend):
    worker = npuhal.open(backend)
    worker.submit(worker.load(KERNELS / backend / "python_tests.so"), npuhal.Out(np.zeros(1, np.int32)))
    thread = threading.Thread(target=worker.finalize)
    thread.start()
    thread.join()
    assert not worker.initialised
    with pytest.raises(npuhal.FailedPrecondition, match="finalized"):
        worker.malloc(10)


def test_a_worker_can_be_initialised_again(backend):
    worker = npuhal.ChipWorker()
    for _ in range(3):
        worker.init(backend)
        assert worker.malloc(10) != 0
        with pytest.raises(RuntimeError, match="initialised"):
            worker.init(backend)
        worker.finalize()
        worker.finalize()


def test_before_init_every_method_refuses():
    worker = npuhal.ChipWorker()
    worker.finalize()
    for call in (
        lambda: worker.malloc(1),
        lambda: worker.free(1),
        lambda: worker.copy_to(1, b"x"),
        lambda: worker.copy_from(bytearray(1), 1),
        lambda: worker.register_host(npuhal.empty_pages(65536)),
        lambda: worker.unregister_host(bytearray(1)),
        lambda: worker.load(b"x"),
        lambda: worker.malloc_host_device_share_mem(1),
        lambda: worker.free_host_device_share_mem(4096),
        lambda: worker.zeros_shared(1),
        lambda: worker.info,
        lambda: worker.query("aiv_cores"),
        lambda: worker.reset(),
    ):
        with pytest.raises(npuhal.FailedPrecondition, match="not initialised"):
            call()


def test_a_worker_describes_backend_and_device(worker, backend):
    assert worker.backend == backend and worker.device == 0 and not worker.lost
    assert worker.info["backend"]["kind"] == "sim"
    assert worker.query("aiv_cores") > 0 and worker.query("device_process_id") > 0
    with pytest.raises(ValueError, match="unknown property 'warp_size'; the known ones are aic_cores"):
        worker.query("warp_size")


def test_the_device_is_chosen_by_argument_and_by_name(backend):
    with npuhal.open(backend, 1) as first, npuhal.open(f"{backend}:1") as second:
        assert first.device == second.device == 1
    with pytest.raises(npuhal.BackendUnavailable, match="99999"):
        npuhal.open(backend, 99999)
    with pytest.raises(ValueError, match="device is -1"):
        npuhal.open(backend, -1)
    with pytest.raises(npuhal.BackendUnavailable, match="a2a3-smi"):
        npuhal.open("a2a3-smi")


def test_the_environment_selects_the_backend(in_child, backend):
    source = """
        import npuhal
        with npuhal.open() as worker:
            print(worker.backend, worker.device)
    """
    assert in_child(source, HAL_BACKEND=f"{backend}:1") == (0, f"{backend} 1\n", "")


def test_without_a_backend_the_error_has_three_lines_at_most_and_names_the_next_call(in_child):
    source = """
        import npuhal
        try:
            npuhal.open()
        except npuhal.BackendUnavailable as error:
            print(error)
    """
    status, out, err = in_child(source, HAL_BACKEND="")
    lines = out.splitlines()
    assert (status, err) == (0, "") and len(lines) <= 3
    assert lines[0].startswith("UNAVAILABLE in ") and "/" not in lines[0]  # the reason, not the search path
    assert any(f'npuhal.open("{name}")' in lines[-1] for name in ("a2a3-sim", "a5-sim"))


def test_other_threads_run_python_while_a_kernel_runs(worker, binary):
    gate = worker.zeros_shared(1, np.int64)
    runner = threading.Thread(target=worker.run, args=(binary.kernel("wait_for_word"), gate))
    runner.start()
    gate.numpy()[0] = 1  # not reached if the waiting thread held the global lock
    runner.join(60)
    assert not runner.is_alive()
    gate.close()


def test_ctypes_arrays_can_be_data(worker, binary):
    array = (ctypes.c_ubyte * 4)(1, 2, 3, 4)
    worker.run(binary.kernel("increment_bytes"), npuhal.InOut(array), 4)
    assert list(array) == [2, 3, 4, 5]
