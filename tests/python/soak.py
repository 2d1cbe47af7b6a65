# SPDX-License-Identifier: Apache-2.0
"""Checks that nothing grows when one process opens, allocates, views, frees and closes 10,000 times.

python soak.py BACKEND [PART]: runs 10,000 / PART cycles. Between 10 % and 100 % of the cycles, the resident memory may
grow by 512 KiB, and the numbers of descriptors, threads, mappings, thread keys and children must not change.
"""

import ctypes
import gc
import os
import pathlib
import sys
from typing import Any

import numpy as np

import npuhal

CYCLES = 10_000
RESIDENT_SLACK_KIB = 512
_libc = ctypes.CDLL(None)


def keys_in_use() -> int:
    """Counts the thread keys in use: those of the 1,024 that cannot be created."""
    made: list[int] = []
    key = ctypes.c_uint()
    while _libc.pthread_key_create(ctypes.byref(key), None) == 0:
        made.append(key.value)
    for value in made:
        _libc.pthread_key_delete(ctypes.c_uint(value))
    return 1024 - len(made)


def usage() -> dict[str, int]:
    """Returns the resources of this process, from /proc."""
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


def cycle(backend: str, number: int) -> None:
    """Uses a device once, with every kind of memory."""
    worker = npuhal.open(backend)
    memory = worker.zeros_shared((64, 64), np.float32)
    view = memory.numpy()
    view[:] = number
    buffer: Any = memory  # the type checker does not know its buffer protocol
    typed: Any = memoryview(buffer)
    assert typed[63, 63] == number
    host_ptr, _ = worker.malloc_host_device_share_mem(4096)
    worker.free_host_device_share_mem(host_ptr)
    worker.free(worker.malloc(4096))
    del view, typed, buffer
    memory.close()
    worker.finalize()


def main(backend: str, part: str = "1") -> None:
    """Runs the cycles. Exit status 1: something grew."""
    cycles = CYCLES // int(part)
    before: dict[str, int] = {}
    for number in range(1, cycles + 1):
        cycle(backend, number)
        if number == cycles // 10:
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
