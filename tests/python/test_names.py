# SPDX-License-Identifier: Apache-2.0
"""The names that Python keeps for constants and functions of hal/hal.h are complete, and hints use Python names."""

import re
from pathlib import Path
from typing import Any

import pytest

import npuhal
from npuhal import _core, _dtypes, _errors, _kernels, _python_names

HEADER = (Path(__file__).parents[2] / "hal" / "include" / "hal" / "hal.h").read_text()


def constants(prefix: str) -> dict[str, int]:
    """Returns the #defines of hal.h that begin with the prefix, by the rest of their names."""
    pattern = rf"^#define {prefix}(\w+) (?:(\d+)u|\(UINT64_C\(1\) << (\d+)\))"
    found = re.findall(pattern, HEADER, re.MULTILINE)
    assert found, f"hal.h has no {prefix}*"
    return {name: int(value) if value else 1 << int(bit) for name, value, bit in found}


def functions() -> set[str]:
    """Returns the functions that hal.h declares."""
    found = set(re.findall(r"^HAL_API [^;(]*?\b(hal_\w+)\(", HEADER, re.MULTILINE))
    assert len(found) == HEADER.count("\nHAL_API ")
    return found


def test_every_property_has_a_name_in_python():
    assert _core.PROPERTIES == {name.lower(): value for name, value in constants("HAL_PROPERTY_").items()}


def test_every_element_type_has_a_name_in_python():
    kinds = {"F": "float", "BF": "bfloat", "I": "int", "U": "uint"}
    names = {}
    for name, value in constants("HAL_DTYPE_").items():
        kind, bits = re.fullmatch(r"([A-Z]+)(\d*)", name).groups()  # type: ignore[union-attr]
        names[kinds.get(kind, kind.lower()) + bits] = value
    assert _dtypes.CODES == names


def test_engines_and_conventions_have_the_values_of_the_header():
    engines = constants("HAL_ENGINE_")
    for unused in ("HOST", "SDMA"):  # they do not run kernels
        del engines[unused]
    assert _kernels.ENGINES == {name.lower(): value for name, value in engines.items()}
    conventions = constants("HAL_CONVENTION_")
    assert conventions.pop("DEFAULT") == 0
    assert _kernels.CONVENTIONS == {name.lower(): value for name, value in conventions.items()}


def test_every_status_has_a_class_or_is_a_plain_error():
    statuses = set(re.findall(r"^#define HAL_ERR_(\w+) ", HEADER, re.MULTILINE))
    assert set(_errors.CLASSES) == statuses - {"CANCELLED", "UNKNOWN", "INTERNAL"}


def test_the_table_of_python_names_has_every_function_of_the_header():
    assert set(_python_names.FUNCTIONS) == functions()


@pytest.mark.parametrize("name", sorted(set(filter(None, _python_names.FUNCTIONS.values()))))
def test_python_names_of_functions_exist(name):
    module, *rest = name.removesuffix("()").split(".")
    assert module == "npuhal"
    found: Any = npuhal
    for part in rest:
        if found is npuhal.Error:
            found = npuhal.Error("text")  # its details are attributes of the instance
        found = getattr(found, part)
    assert callable(found) == (name.endswith("()") or isinstance(found, type))


def hint_of(text: str) -> str:
    """Returns the hint of the exception that a failure of libhal with this hint becomes."""
    return _errors.error_of(-3, "INVALID_ARGUMENT", 0, "", "core", "hal_init", text, text, "", None, None, "").hint


@pytest.mark.parametrize("function", sorted(functions()))
def test_no_hint_names_a_c_function_that_python_has(function):
    equivalent = _python_names.FUNCTIONS[function]
    for text in (f"Call {function}().", f"Call {function}(device) first.", f"It was not freed by {function}."):
        if equivalent is None:
            assert hint_of(text) == text
        else:
            assert "hal_" not in hint_of(text) and equivalent.removesuffix("()") in hint_of(text)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("Call hal_init() first.", "Call npuhal.open() first."),
        ("Free it with hal_mem_free.", "Free it with npuhal.ChipWorker.free()."),
        ("Call hal_mem_free(memory).", "Call npuhal.ChipWorker.free(memory)."),
        ("It was made by ChipWorker::allocate.", "It was made by ChipWorker.malloc."),
        ("Take it from allocate() or hal_mem_info().", "Take it from malloc() or hal_mem_info()."),
        ("argument 2 of ChipWorker::submit", "argument 2 of ChipWorker.submit"),
        ("Use hal::address() instead.", "Use npuhal.Address instead."),
        ("Use HAL_CONVENTION_C.", 'Use convention="c".'),
        ("Use hal_add_kernel, see hal_plugin.h.", "Use hal_add_kernel, see hal_plugin.h."),
    ],
)
def test_names_of_c_and_cpp_become_python_names(text, python):
    assert hint_of(text) == _python_names.in_python(text) == python


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("Name one: HAL_BACKEND=a5-sim.", 'Name one: npuhal.open("a5-sim") or HAL_BACKEND=a5-sim.'),
        ("Set HAL_BACKEND=a5-sim:1.", 'Call npuhal.open("a5-sim:1") or set HAL_BACKEND=a5-sim:1.'),
        ("Here, set HAL_BACKEND to a5-sim.", 'Here, call npuhal.open("a5-sim") or set HAL_BACKEND=a5-sim.'),
        ("HAL_BACKEND=name[:ordinal]", 'npuhal.open("name[:ordinal]") or HAL_BACKEND=name[:ordinal]'),
        ("Unset HAL_BACKEND.", "Unset HAL_BACKEND."),
    ],
)
def test_hints_about_the_backend_name_open(text, python):
    assert hint_of(text) == python


def test_a_message_keeps_the_value_of_hal_backend():
    text = "HAL_BACKEND=a9-sim: no such backend"
    error = _errors.error_of(-6, "NOT_FOUND", 0, "", "core", "hal_backend_select", text, "", "", None, None, "")
    assert error.message == text and isinstance(error, npuhal.BackendUnavailable)
