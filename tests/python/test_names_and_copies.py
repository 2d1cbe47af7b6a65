# SPDX-License-Identifier: Apache-2.0
"""Scalars without a kernel type, names and paths with odd characters, and copies of public objects."""

import copy
import os
import pickle
import shutil

import numpy as np
import pytest

import npuhal
from conftest import KERNELS
from npuhal import _dtypes

SCALARS = sorted({kind for kind in np.sctypeDict.values() if kind is not np.object_}, key=lambda kind: kind.__name__)


def scalar_of(kind):
    return kind(b"ab") if issubclass(kind, np.void) else np.zeros(1, kind)[0]


@pytest.mark.parametrize("kind", SCALARS, ids=[kind.__name__ for kind in SCALARS])
def test_a_scalar_is_passed_or_refused(worker, binary, kind):
    value = scalar_of(kind)
    out = np.zeros(1, np.int64)
    known = np.dtype(kind).name in _dtypes.CODES and np.dtype(kind).name != "bfloat16"
    if known:
        worker.run(binary.kernel("show_words"), npuhal.Out(out), 1, value)
    else:
        with pytest.raises(TypeError, match=f"{kind.__name__}.*kernels support float32, float16, bool and integers"):
            worker.run(binary.kernel("show_words"), npuhal.Out(out), 1, value)


@pytest.mark.parametrize(
    "value",
    [np.timedelta64(300, "s"), np.datetime64("2024-01-01"), np.void(b"a"), np.bytes_(b"a"), np.str_("a")],
    ids=repr,
)
def test_scalars_that_are_bytes_are_refused(worker, binary, value):
    with pytest.raises(TypeError, match="argument 2: the scalar is a"):
        worker.run(binary.kernel("show_words"), npuhal.Out(np.zeros(1, np.int64)), 1, value)


def test_a_path_may_have_any_byte(worker, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xb2\xe2.so"
    shutil.copy(KERNELS / worker.backend / "python_tests.so", path)

    class BytesPath:
        def __fspath__(self):
            return path

    for given in (os.fsdecode(path), BytesPath()):
        assert worker.load(given).kernel("add").name == "add"


def test_an_error_about_a_path_with_any_byte_can_be_read(worker, tmp_path):
    with pytest.raises(npuhal.NotFound, match="nothing.*so"):
        worker.load(os.fsdecode(os.fsencode(tmp_path) + b"/nothing\xb2.so"))


def test_a_nul_is_refused_with_the_name_of_the_argument(worker, binary):
    kernel = binary.kernel("add")
    for call, name in (
        (lambda: worker.load("/tmp/a\0b.so"), "the path"),
        (lambda: binary.kernel("add\0"), "the name of the kernel"),
        (lambda: worker.run(kernel, 1, tag="a\0b"), "tag"),
        (lambda: npuhal.open(worker.backend + "\0x"), "backend"),
    ):
        with pytest.raises(ValueError, match=f"^{name} .*contains a NUL character"):
            call()


def test_a_name_that_is_not_text_is_refused(worker, binary):
    with pytest.raises(ValueError, match="is not valid Unicode"):
        binary.kernel("\udcb2")
    with pytest.raises(TypeError, match="the name of the kernel is a bytes; give a str"):
        binary.kernel(b"add")
    with pytest.raises(TypeError, match="the path is a int"):
        worker.load(3)


def values():
    data = np.arange(4, dtype=np.uint16)
    return [
        npuhal.In(data),
        npuhal.Out(data, dtype="bfloat16"),
        npuhal.InOut(data),
        npuhal.DeviceTensor(0x1000, (2, 3), "float32", "r"),
        npuhal.DeviceMemory(0x1000),
        npuhal.DeviceMemory(0x1000, 64, "w"),
        npuhal.Address(0x1000),
    ]


def unique(worker, binary):
    return [worker, binary, binary.kernel("add"), worker.zeros_shared(4)]


def failures():
    return [getattr(npuhal, name)("text", code=-5, status="X", hint="do it") for name in npuhal.__all__
            if isinstance(getattr(npuhal, name), type) and issubclass(getattr(npuhal, name), npuhal.Error)]


COPIES = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("make", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_values_are_copied(make):
    for value in values():
        again = make(value)
        assert type(again) is type(value)
        assert again.__reduce__()[1][1:] == value.__reduce__()[1][1:]
        for name in ("addr", "shape"):
            assert getattr(again, name, None) == getattr(value, name, None)
        if hasattr(value, "data"):
            assert np.array_equal(again.data, value.data)
            assert (again.data is value.data) == (make is copy.copy)
    for failure in failures():
        again = make(failure)
        assert type(again) is type(failure) and str(again) == str(failure) and vars(again) == vars(failure)


def test_a_copied_argument_works(worker, binary):
    out = np.zeros(1, np.int32)
    worker.run(binary, copy.copy(npuhal.Out(out)))
    assert out[0] == 42


@pytest.mark.parametrize("make", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_objects_of_a_device_are_not_copied(worker, binary, make):
    objects = unique(worker, binary)
    for value in objects:
        with pytest.raises(TypeError, match=f"a npuhal.{type(value).__name__} cannot be copied or pickled"):
            make(value)
    objects[-1].close()


def test_every_public_class_is_one_or_the_other(worker, binary):
    objects = unique(worker, binary)
    tested = {type(value) for value in values() + objects + failures()}
    public = {getattr(npuhal, name) for name in npuhal.__all__ if isinstance(getattr(npuhal, name), type)}
    assert public == tested
    objects[-1].close()
