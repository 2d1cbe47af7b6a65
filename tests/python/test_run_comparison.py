# SPDX-License-Identifier: Apache-2.0
"""The comparison of outputs, and the report about those that differ."""

import numpy as np
import pytest

from npuhal.run.comparison import Element, compare, expected_outputs
from npuhal.run.failure import CaseError
from npuhal.run.golden import Tolerance
from run_support import run, write_case

EXACT = Tolerance(0.0, 0.0)
DEFAULT = Tolerance(1e-5, 1e-5)


def differences(expected, got, tolerance=DEFAULT):
    return compare({"out": np.asarray(expected)}, {"out": np.asarray(got)}, tolerance)


EQUAL = {
    "nan at the same place": ([np.nan, 1.0], [np.nan, 1.0], EXACT),
    "the same infinity": ([np.inf, -np.inf], [np.inf, -np.inf], EXACT),
    "within atol": ([0.0], [1e-5], DEFAULT),
    "within rtol": ([1000.0], [1000.0099], DEFAULT),
    "no element": (np.zeros((0, 3)), np.zeros((0, 3)), EXACT),
    "float16 near its end": (np.array([65504], np.float16), np.array([65504], np.float16), DEFAULT),
    "bool": ([True, False], [True, False], EXACT),
    "uint64 beyond float64": ([2**64 - 1], [2**64 - 1], EXACT),
}
DIFFERENT = {
    "nan is not a number": ([1.0], [np.nan], DEFAULT),
    "a number is not nan": ([np.nan], [1.0], DEFAULT),
    "the other infinity": ([np.inf], [-np.inf], DEFAULT),
    "infinity is not a number": ([np.inf], [1e30], DEFAULT),
    "beyond atol": ([0.0], [1.1e-5], DEFAULT),
    "beyond rtol": ([1000.0], [1000.03], DEFAULT),
    "integers are exact": ([1000000], [1000001], Tolerance(1.0, 1.0)),
    "uint64 beyond float64": (np.array([2**64 - 1], np.uint64), np.array([2**64 - 2], np.uint64), DEFAULT),
    "bool": ([True], [False], Tolerance(1.0, 1.0)),
    "float16 whose sum overflows": (np.array([60000], np.float16), np.array([-60000], np.float16), DEFAULT),
    "last of many": (np.zeros(100000), np.eye(1, 100000, 99999)[0], DEFAULT),
}


@pytest.mark.parametrize("case", EQUAL)
def test_these_are_equal(case):
    assert differences(*EQUAL[case]) == []


@pytest.mark.parametrize("case", DIFFERENT)
def test_these_differ(case):
    [mismatch] = differences(*DIFFERENT[case])
    assert mismatch.count == 1


def test_the_first_ten_are_shown_in_their_order_with_index_and_differences():
    expected = np.arange(40, dtype=np.float32).reshape(4, 10)
    got = expected.copy()
    got[1:3, :] += 0.5
    [mismatch] = differences(expected, got)
    assert (mismatch.count, mismatch.size, len(mismatch.elements)) == (20, 40, 10)
    assert mismatch.message == "20 of 40 elements differ beyond rtol 1e-05, atol 1e-05"
    assert mismatch.elements[0] == Element((1, 0), 10.0, 10.5, 0.5, 0.05)
    assert [element.index for element in mismatch.elements] == [(1, column) for column in range(10)]


def test_numbers_are_shown_as_their_own_type_prints_them():
    [mismatch] = differences(np.array([1.1], np.float32), np.array([0.0], np.float32))
    assert mismatch.elements[0].expected == 1.1


def test_the_relative_difference_to_zero_is_infinite():
    [mismatch] = differences([0.0], [1.0])
    assert mismatch.elements[0].relative == np.inf


def test_another_shape_is_reported():
    [mismatch] = differences(np.zeros((2, 3), np.float32), np.zeros(6, np.float32))
    assert mismatch.message == "shape (6,), expected (2, 3)"
    assert (mismatch.count, mismatch.elements) == (0, ())


def test_another_dtype_is_reported():
    [mismatch] = differences(np.zeros(3, np.float64), np.zeros(3, np.float32))
    assert mismatch.message == "dtype float32, expected float64; compute_golden can use .astype(np.float32)"


def test_an_output_that_the_hook_removed_is_an_error():
    with pytest.raises(CaseError, match='removed the output "out"'):
        compare({"out": np.zeros(1)}, {}, DEFAULT)


def test_golden_may_be_returned_or_written_in_place():
    inputs = {"a": np.ones(2), "out": np.zeros(2)}
    assert expected_outputs({"out": [3, 4]}, inputs, ["out"], ["a", "out"])["out"].tolist() == [3, 4]
    assert expected_outputs(None, inputs, ["out"], ["a", "out"])["out"].tolist() == [0, 0]
    assert expected_outputs(inputs, inputs, ["out"], ["a", "out"])["out"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        ([1], "compute_golden returns a list"),
        ({"a": 1}, 'does not return "out", which is in __outputs__\nhint: Return it, too. It returns: a.'),
        ({}, 'does not return "out", which is in __outputs__\nhint: Return it, too. It returns: nothing.'),
        ({"out": 1, "uot": 2}, 'compute_golden returns "uot", which generate_inputs does not'),
    ],
)
def test_a_wrong_result_of_compute_golden_is_refused(returned, text):
    with pytest.raises(CaseError) as refused:
        expected_outputs(returned, {}, ["out"], ["a", "out"])
    assert text in str(refused.value)


GOLDEN = """
    import numpy as np
    __outputs__ = ["out"]
    ALL_CASES = {
        "right": {},
        "tolerant": {"off": 0.5, "atol": 1.0},
        "strict": {"off": 0.5, "rtol": 0, "atol": 0.25},
        "nan": {"off": float("nan")},
    }
    RTOL = ATOL = 1e-6
    def generate_inputs(params):
        a = np.arange(12, dtype=np.float32).reshape(3, 4)
        return {"a": a, "out": np.zeros_like(a), "count": np.uint32(12)}
    def compute_golden(inputs, params):
        inputs["out"][:] = inputs["a"] + 1
        inputs["out"][1, 2:] += params.get("off", 0)
"""


def test_a_run_shows_the_differing_elements(capfd, backend, tmp_path):
    ended = run(capfd, write_case(tmp_path, GOLDEN), "--backend", backend, "--case", "strict")
    assert ended.status == 1
    first, *lines = ended.out.splitlines()
    assert first.startswith("FAILED  strict in compare  ")
    assert lines == [
        "  out: 2 of 12 elements differ beyond rtol 0, atol 0.25",
        "     index  expected  got  absolute  relative",
        "    [1, 2]       7.5  7.0       0.5    0.0667",
        "    [1, 3]       8.5  8.0       0.5    0.0588",
        "0 passed, 1 failed of 1 run",
    ]


def test_json_shows_the_same_with_nan_as_text(capfd, backend, tmp_path):
    ended = run(capfd, write_case(tmp_path, GOLDEN), "--backend", backend, "--json")
    by_case = {result["case"]: result for result in ended.results}
    assert {case: result["status"] for case, result in by_case.items()} == {
        "right": "passed", "tolerant": "passed", "strict": "failed", "nan": "failed",
    }
    [mismatch] = by_case["strict"]["mismatches"]
    assert mismatch["elements"][0] == {
        "index": [1, 2], "expected": 7.5, "got": 7.0, "absolute": 0.5, "relative": pytest.approx(1 / 15),
    }
    assert by_case["nan"]["mismatches"][0]["elements"][0]["expected"] == "nan"
