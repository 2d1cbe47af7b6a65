# SPDX-License-Identifier: Apache-2.0
"""That nothing grows: 10,000 times open, allocate, view, free and close, in one process.

python soak.py BACKEND [PART]: a PART-th of it. What the process holds at 10 % and at 100 % differs by at most 512 KiB of
resident memory and by no descriptor, thread, mapping, thread key or child.
"""

import ctypes
import gc
import os
import pathlib
import sys

import numpy as np

import npuhal

CYCLES = 10_000
RESIDENT_SLACK_KIB = 512
_libc = ctypes.CDLL(None)


def keys_in_use():
    """Thread keys: each one less that can still be made is one in use."""
    made = []
    key = ctypes.c_uint()
    while _libc.pthread_key_create(ctypes.byref(key), None) == 0:
        made.append(key.value)
    for value in made:
        _libc.pthread_key_delete(ctypes.c_uint(value))
    return 1024 - len(made)


def usage():
    """What /proc tells of this process."""
    own = pathlib.Path("/proc/self")
    status = dict(line.split(":", 1) for line in (own / "status").read_text().splitlines())
    return {
        "resident_kib": int(status["VmRSS"].split()[0]),
        "descriptors": len(os.listdir(own / "fd")),
        "threads": len(os.listdir(own / "task")),
        "mappings": len((own / "maps").read_text().splitlines()),
        "thread keys": keys_in_use(),
        "children": len((own / "task" / str(os.getpid()) / "children").read_text().split()),
    }


def cycle(backend, turn):
    """One use of a device, in each of the ways."""
    worker = npuhal.open(backend)
    memory = worker.zeros_shared((64, 64), np.float32)
    view = memory.numpy()
    view[:] = turn
    assert memoryview(memory)[63, 63] == turn
    host_ptr, _ = worker.malloc_host_device_share_mem(4096)
    worker.free_host_device_share_mem(host_ptr)
    worker.free(worker.malloc(4096))
    del view
    memory.close()
    worker.finalize()


def main(backend, part="1"):
    """Exit status 1: something grew."""
    cycles = CYCLES // int(part)
    before = None
    for turn in range(1, cycles + 1):
        cycle(backend, turn)
        if turn == cycles // 10:
            gc.collect()
            before = usage()
    gc.collect()
    after = usage()
    print(f"{backend}: {cycles} cycles\n  at  10 %: {before}\n  at 100 %: {after}")
    grown = [
        name
        for name, value in after.items()
        if (value > before[name] + RESIDENT_SLACK_KIB if name == "resident_kib" else value != before[name])
    ]
    if grown:
        sys.exit(f"changed: {', '.join(grown)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
