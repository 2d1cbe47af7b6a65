# SPDX-License-Identifier: Apache-2.0
"""Many devices of both simulators at once, in one process and in several processes."""

import os
import subprocess
import sys
import textwrap

from conftest import KERNELS

DEVICES = 4
WORK = textwrap.dedent(
    """
    import sys, threading
    import numpy as np
    import npuhal

    kernels, devices, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    workers = [npuhal.open(f"{name}:{n}") for name in ("a2a3-sim", "a5-sim") for n in range(devices)]
    failures = []

    def work(worker, number):
        try:
            add = worker.load(f"{kernels}/{worker.backend}/python_tests.so").kernel("add")
            random = np.random.default_rng(number)
            for _ in range(20):
                a, b = (random.random(1000, np.float32) for _ in range(2))
                c = np.zeros(1000, np.float32)
                worker.run(add, npuhal.In(a), npuhal.In(b), npuhal.Out(c), np.uint32(1000), block_count=8)
                assert (c == a + b).all(), worker.backend
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(w, seed + i)) for i, w in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.finalize()
    assert not failures, failures
    print("good", len(workers))
    """
)


def start(seed):
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(KERNELS), str(DEVICES), str(seed)],
        env={**os.environ, "HAL_SIM_DEVICES": str(DEVICES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_devices_of_both_simulators_in_one_process():
    process = start(1)
    output, _ = process.communicate(timeout=120)
    assert (process.returncode, output) == (0, f"good {2 * DEVICES}\n")


def test_devices_of_both_simulators_in_several_processes():
    processes = [start(100 * number) for number in range(3)]
    for process in processes:
        output, _ = process.communicate(timeout=240)
        assert (process.returncode, output) == (0, f"good {2 * DEVICES}\n")
