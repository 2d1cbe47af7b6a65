# SPDX-License-Identifier: Apache-2.0
"""The hooks, settings and values of a golden.py, and the messages about a wrong one."""

import sys

import pytest

from run_support import ADD_ONE, ADD_ONE_GOLDEN, run, write_case

NOT_STARTED = {
    "no outputs": ("__outputs__ = ['out']", "", "has no __outputs__"),
    "outputs are a str": ("['out']", "'out'", "__outputs__ of"),
    "outputs are empty": ("['out']", "[]", "nothing would be compared"),
    "no generate_inputs": ("def generate_inputs", "def generate", "has no function generate_inputs"),
    "no compute_golden": ("def compute_golden", "def compute", "has no function compute_golden"),
    "ALL_CASES is a list": ("['out']", "['out']; ALL_CASES = ['a']", "ALL_CASES of"),
    "ALL_CASES is empty": ("['out']", "['out']; ALL_CASES = {}", "ALL_CASES of"),
    "a case is an int": ("['out']", "['out']; ALL_CASES = {'a': 3}", "has 'a': 3"),
    "unknown engine": ("['out']", "['out']; ENGINE = 'gpu'", "ENGINE of"),
    "unknown convention": ("['out']", "['out']; CONVENTION = 'x'", "CONVENTION of"),
    "no blocks": ("['out']", "['out']; BLOCK_COUNT = 0", "BLOCK_COUNT of"),
    "no time": ("['out']", "['out']; TIMEOUT = 0", "TIMEOUT of"),
    "sources are a str": ("['out']", "['out']; KERNEL_SOURCES = 'a.cpp'", "KERNEL_SOURCES of"),
    "a source is not there": ("['out']", "['out']; KERNEL_SOURCES = ['a.cpp']", "no such file: "),
    "defines are a str": ("['out']", "['out']; KERNEL_DEFINES = 'A=1'", "KERNEL_DEFINES of"),
    "it throws": ("['out']", "['out']; 1 / 0", "ZeroDivisionError: division by zero"),
    "it does not parse": ("['out']", "['out'", "SyntaxError: "),
    "it ends the process": ("['out']", "['out']; raise SystemExit(0)", "cannot be imported"),
}


@pytest.mark.parametrize("case", NOT_STARTED)
def test_a_wrong_golden_is_refused_before_anything_runs(capfd, tmp_path, case):
    found, instead, text = NOT_STARTED[case]
    golden = ADD_ONE_GOLDEN.replace('"', "'").replace(found, instead)
    ended = run(capfd, write_case(tmp_path, golden), "--backend", "a2a3-sim", "--json")
    assert ended.status == 2
    assert ended.out == ""
    assert text in ended.err and "golden.py" in ended.err


WRONG_IN_A_RUN = {
    "inputs are an int": ("return {'a'", "return 3 or {'a'", "generate_inputs", "generate_inputs returns a int"),
    "an input twice": ("return {'a'", "return [('a', 1), ('a', 2)] or {'a'", "generate_inputs", 'returns "a" twice'),
    "an input is not a pair": ("return {'a'", "return [1] or {'a'", "generate_inputs", "returns 1 in its list"),
    "an unknown output": ("['out']", "['out', 'uot']", "generate_inputs", '"uot", which generate_inputs does not'),
    "an output that is a scalar": ("['out']", "['count']", "generate_inputs", '"count", which is a uint32'),
    "an unsupported input": ("'count': ", "'text': 'abc', 'count': ", "generate_inputs", 'returns "text" as a str'),
    "an input that is only read": ("'out': ", "'out': npuhal.In(1) or ", "generate_inputs", "is an npuhal.In"),
    "an unsupported dtype": ("'out': ", "'b': np.zeros(2), 'out': ", "run", "argument 1 (In)"),
    "block_count is a word": (
        "['out']", "['out']; ALL_CASES = {'x': {'block_count': 'all'}}", "import", '"block_count" of'
    ),
    "rtol is negative": ("['out']", "['out']; ALL_CASES = {'x': {'rtol': -1}}", "import", '"rtol" of'),
    "ATOL is a word": ("['out']", "['out']; ATOL = 'small'", "import", "ATOL of"),
    "no such kernel": ("['out']", "['out']; KERNEL = 'add_two'", "load", "add_two"),
}


@pytest.mark.parametrize("case", WRONG_IN_A_RUN)
def test_an_error_in_a_run_names_the_value(capfd, tmp_path, case):
    found, instead, stage, text = WRONG_IN_A_RUN[case]
    golden = "import npuhal\n" + ADD_ONE_GOLDEN.replace('"', "'").replace(found, instead)
    ended = run(capfd, write_case(tmp_path, golden), "--backend", "a2a3-sim", "--json")
    [failed] = ended.results
    assert (ended.status, failed["status"], failed["stage"]) == (1, "error", stage)
    assert text in failed["error"]


VALUES = {
    "a list of pairs": "[('a', a), ('out', out), ('count', np.uint32(12))]",
    "a Python int": "{'a': a, 'out': out, 'count': 12}",
    "a ctypes scalar": "{'a': a, 'out': out, 'count': ctypes.c_int64(12)}",
    "a ctypes unsigned scalar": "{'a': a, 'out': out, 'count': ctypes.c_uint32(12)}",
    "wrappers": "{'a': npuhal.In(a), 'out': npuhal.Out(out), 'count': np.uint64(12)}",
    "both ways": "{'a': a, 'out': npuhal.InOut(out), 'count': 12}",
    "a strided input": "{'a': np.repeat(a, 2)[::2], 'out': out, 'count': 12}",
    "a strided output": "{'a': a, 'out': np.zeros(24, np.float32)[::2], 'count': 12}",
    "an output that is read-only": "{'a': a, 'out': np.broadcast_to(np.float32(0), 12), 'count': 12}",
    "what has __array__": "{'a': Tensor(a), 'out': Tensor(out), 'count': 12}",
    "shared memory": "{'a': shared(a), 'out': shared(out), 'count': 12}",
    "a view of shared memory": "{'a': a, 'out': shared(out).numpy(), 'count': 12}",
    "device memory": "{'a': npuhal.DeviceTensor(on_device(a), a.shape, a.dtype), 'out': out, 'count': 12}",
    "a raw address": "{'a': npuhal.Address(on_device(a)), 'out': out, 'count': 12}",
}
VALUES_GOLDEN = """
    import ctypes
    import numpy as np, npuhal
    __outputs__ = ["out"]
    CONVENTION = "args_array"
    class Tensor:
        def __init__(self, array): self.array = array
        def __array__(self, dtype=None): return self.array
    def shared(array):
        memory = worker().empty_shared(array.shape, array.dtype)
        kept.append(memory)
        memory.numpy()[:] = array
        return memory
    def on_device(array):
        address = worker().malloc(array.nbytes)
        worker().copy_to(address, array)
        return address
    def worker():
        return npuhal._registry.current("golden.py")
    kept = []
    def generate_inputs(params):
        a, out = np.arange(12, dtype=np.float32), np.zeros(12, np.float32)
        return VALUES
    def compute_golden(inputs, params):
        assert type(inputs["out"]) is np.ndarray
        return {"out": np.arange(1, 13, dtype=np.float32)}
    def post_run_collect(outputs, params):
        for memory in kept: memory.close()
"""


@pytest.mark.parametrize("values", VALUES)
def test_values_of_every_kind_reach_the_kernel(capfd, backend, tmp_path, values):
    golden = VALUES_GOLDEN.replace("VALUES", VALUES[values])
    ended = run(capfd, write_case(tmp_path, golden), "--backend", backend, "--json")
    [result] = ended.results
    assert (result["error"], result["mismatches"], result["notes"], result["status"]) == (None, [], [], "passed")


def test_golden_gets_copies_made_before_the_run(capfd, backend, tmp_path):
    golden = """
        import numpy as np
        __outputs__ = ["a"]
        KERNEL = "bump"
        def generate_inputs(params):
            return {"a": np.zeros(4, np.float32)}
        def compute_golden(inputs, params):
            inputs["a"] += 1   # changes the copy: the kernel still reads zeros
    """
    kernel = """#include "hal/kernel.h"
    HAL_KERNEL(bump) { for (int i = 0; i < 4; ++i) hal_arg_pointer<float>(args, 0)[i] += 1; }
    """
    assert run(capfd, write_case(tmp_path, golden, bump=kernel), "--backend", backend).status == 0


def test_post_run_collect_may_change_the_outputs(capfd, backend, tmp_path):
    golden = ADD_ONE_GOLDEN.replace('inputs["a"] + 1', "np.full(12, 7, np.float32)") + (
        "def post_run_collect(outputs, params):\n    assert list(outputs) == ['out']\n    outputs['out'][:] = 7\n"
    )
    assert run(capfd, write_case(tmp_path, golden), "--backend", backend).status == 0


def test_each_run_has_a_module_and_parameters_of_its_own(capfd, backend, tmp_path):
    golden = ADD_ONE_GOLDEN.replace("def generate_inputs(params):", """ALL_CASES = {"x": {"seen": []}}
runs = []
def generate_inputs(params):
    runs.append(1); params["seen"].append(1)
    assert runs == [1] and params["seen"] == [1]
    assert __name__ in __import__("sys").modules""")
    before = set(sys.modules)
    assert run(capfd, write_case(tmp_path, golden), "--backend", backend, "--repeat", "3").status == 0
    assert not [name for name in set(sys.modules) - before if "golden" in name or name.startswith("npuhal_case_")]


def test_two_folders_may_have_helpers_with_one_name_and_nothing_is_written_there(capfd, backend, tmp_path):
    for number in (1, 2):
        golden = "import helpers\n" + ADD_ONE_GOLDEN + f"assert helpers.NUMBER == {number}\n"
        folder = write_case(tmp_path / str(number), golden)
        (folder / "helpers.py").write_text(f"NUMBER = {number}\n")
        path = list(sys.path)
        assert run(capfd, folder, "--backend", backend).status == 0
        assert sys.path == path
        assert "helpers" not in sys.modules
        assert sorted(entry.name for entry in folder.iterdir()) == ["golden.py", "helpers.py", "kernels"]


def test_several_sources_make_one_object_and_KERNEL_names_the_entry(capfd, backend, tmp_path):
    half = ADD_ONE.replace("#include", "float one();\n#include").replace("1.0f", "one()")
    folder = write_case(tmp_path, ADD_ONE_GOLDEN, add_one=half, one="float one() { return 1.0f; }\n")
    ended = run(capfd, folder, "--backend", backend)
    assert ended.status == 2
    assert "2 kernel sources (add_one.cpp, one.cpp)" in ended.err and "KERNEL =" in ended.err
    (folder / "golden.py").write_text(ADD_ONE_GOLDEN + 'KERNEL = "add_one"\n')
    assert run(capfd, folder, "--backend", backend).status == 0


def test_sources_beside_golden_are_found_where_there_is_no_kernels_folder(capfd, backend, tmp_path):
    folder = write_case(tmp_path)
    (folder / "kernels" / "add_one.cpp").rename(folder / "add_one.cpp")
    assert run(capfd, folder, "--backend", backend).status == 0
    (folder / "add_one.cpp").unlink()
    ended = run(capfd, folder, "--backend", backend)
    assert ended.status == 2 and "no kernel source" in ended.err


def test_block_count_engine_and_defines_reach_the_kernel(capfd, backend, tmp_path):
    golden = """
        import numpy as np
        __outputs__ = ["seen"]
        ENGINE, BLOCK_COUNT, KERNEL_DEFINES = "aic", 3, {"STEP": 10}
        ALL_CASES = {"of the module": {}, "of the case": {"block_count": 5}}
        def generate_inputs(params):
            return {"seen": np.zeros(8, np.uint32)}
        def compute_golden(inputs, params):
            blocks = params.get("block_count", BLOCK_COUNT)
            inputs["seen"][:blocks] = 10 * np.arange(1, blocks + 1) + blocks
    """
    kernel = """#include "hal/kernel.h"
    static_assert(__builtin_strcmp(HAL_KERNEL_ENGINE, "aic") == 0);
    HAL_KERNEL(blocks) {
      const uint32_t i = hal_block_index(args);
      hal_arg_pointer<uint32_t>(args, 0)[i] = STEP * (i + 1) + hal_block_count(args);
    }
    """
    ended = run(capfd, write_case(tmp_path, golden, blocks=kernel), "--backend", backend)
    assert (ended.status, ended.out.count("PASSED")) == (0, 2)
