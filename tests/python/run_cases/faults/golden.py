# SPDX-License-Identifier: Apache-2.0
"""A case whose hooks can raise, and whose kernel can crash, loop or divide by zero.

In a parameter set, "throws" names the hooks that raise, and "mode" is that of the kernel. Each case has a partner that
passes and runs after it. The memory is shared, and each frame that raises holds a view of it.
"""
import numpy as np

import npuhal

COUNT = 1024
TIMEOUT = 0.2
__outputs__ = ["x"]

_FAILING = {
    "generate_inputs": {"throws": ["generate_inputs"]},
    "compute_golden": {"throws": ["compute_golden"]},
    "post_run_collect": {"throws": ["post_run_collect"]},
    "crash": {"mode": 1},
    "loop": {"mode": 2},
    "divide": {"mode": 3},
    "compare": {"dtype": "datetime64[s]"},
    "mismatch": {"off_by": 1},
    "generate_inputs_and_post_run_collect": {"throws": ["generate_inputs", "post_run_collect"]},
    "compute_golden_and_post_run_collect": {"throws": ["compute_golden", "post_run_collect"]},
    "crash_and_post_run_collect": {"mode": 1, "throws": ["post_run_collect"]},
    "exit": {"throws": ["compute_golden"], "exit": True},
}
ALL_CASES = {name: case for bad, params in _FAILING.items() for name, case in ((bad, params), (f"after_{bad}", {}))}

memory = None
calls = []


def throw(params, hook, view):
    """Raises if the parameter set names the hook, from a frame that holds a view of the memory."""
    calls.append(hook)
    if hook not in params.get("throws", []):
        return
    if params.get("exit"):
        raise SystemExit(f"{hook} wants to end the process")
    raise RuntimeError(f"{hook} throws, with {view.size} numbers in sight")


def generate_inputs(params):
    """Returns one array in shared memory, which the kernel uses in place."""
    global memory
    memory = npuhal.malloc_host_device_share_mem(COUNT * 4)
    x = memory.numpy(np.float32)
    x[:] = np.arange(COUNT)
    throw(params, "generate_inputs", x)
    return {"x": npuhal.InOut(x), "count": np.uint32(COUNT), "mode": np.uint32(params.get("mode", 0))}


def compute_golden(inputs, params):
    """Adds 1 to each number."""
    throw(params, "compute_golden", memory.numpy())
    x = inputs["x"] + 1 + np.float32(params.get("off_by", 0))
    return {"x": x.astype(params["dtype"]) if "dtype" in params else x}


def post_run_collect(outputs, params):
    """Frees the memory, also after a failure. Then it may raise."""
    print(f"post_run_collect after {calls}, with {sorted(outputs)}")
    if "dtype" in params and outputs:
        outputs["x"] = outputs["x"].astype(params["dtype"])
    npuhal.free_host_device_share_mem(memory)
    throw(params, "post_run_collect", np.zeros(COUNT))
