# SPDX-License-Identifier: Apache-2.0
"""Replaces names of the C and C++ API in messages and hints by the Python names with the same meaning."""

from __future__ import annotations

import re
from typing import Optional

#: Each function of hal/hal.h and the Python name for it. None: Python has no such call, so the C name stays.
FUNCTIONS: dict[str, Optional[str]] = {
    "hal_abi_draft": None,
    "hal_backend_explain_native": None,
    "hal_backend_info": "npuhal.ChipWorker.info",
    "hal_backend_select": "npuhal.open()",
    "hal_candidate_diagnose": "npuhal.backends()",
    "hal_candidate_explain_native": None,
    "hal_candidate_info": "npuhal.backends()",
    "hal_candidate_probe": "npuhal.backends()",
    "hal_candidate_scan": "npuhal.backends()",
    "hal_copy_from_device": "npuhal.ChipWorker.copy_from()",
    "hal_copy_on_device": None,
    "hal_copy_to_device": "npuhal.ChipWorker.copy_to()",
    "hal_device_check": "npuhal.ChipWorker.check()",
    "hal_device_close": "npuhal.ChipWorker.finalize()",
    "hal_device_count": "npuhal.backends()",
    "hal_device_info": "npuhal.ChipWorker.info",
    "hal_device_open": "npuhal.open()",
    "hal_device_query": "npuhal.ChipWorker.query()",
    "hal_device_reset": "npuhal.ChipWorker.reset()",
    "hal_device_stream": None,
    "hal_device_wait": None,
    "hal_executable_find": "npuhal.KernelBinary.kernel()",
    "hal_executable_load_data": "npuhal.ChipWorker.load()",
    "hal_executable_load_file": "npuhal.ChipWorker.load()",
    "hal_executable_unload": "npuhal.KernelBinary.unload()",
    "hal_fill": None,
    "hal_init": "npuhal.open()",
    "hal_kernel_info": "npuhal.Kernel",
    "hal_kernel_launch": "npuhal.ChipWorker.run()",
    "hal_last_error": "npuhal.Error",
    "hal_log_set_callback": None,
    "hal_log_set_level": None,
    "hal_mem_alloc": "npuhal.ChipWorker.malloc()",
    "hal_mem_free": "npuhal.ChipWorker.free()",
    "hal_mem_info": None,
    "hal_mem_lookup_device": None,
    "hal_mem_lookup_host": None,
    "hal_mem_query": None,
    "hal_mem_register": "npuhal.ChipWorker.register_host()",
    "hal_mem_sync": None,
    "hal_mem_unregister": "npuhal.ChipWorker.unregister_host()",
    "hal_search_path_count": None,
    "hal_search_path_info": None,
    "hal_selection_explain": None,
    "hal_shutdown": "npuhal.ChipWorker.finalize()",
    "hal_status_string": "npuhal.Error.status",
    "hal_stream_create": None,
    "hal_stream_destroy": None,
    "hal_stream_query": None,
    "hal_stream_wait": None,
    "hal_variable_count": None,
    "hal_variable_info": None,
    "hal_version": "npuhal.__version__",
}

# Methods of hal::ChipWorker that have another name in Python.
_METHODS = {"allocate": "malloc", "release": "free"}

_FUNCTION = re.compile(r"\b(hal_\w+)(\(\))?(?=(\()?)")
_METHOD = re.compile(r"\b(?:hal::)?ChipWorker::(\w+)")
_BARE_METHOD = re.compile(rf"(?<![\w.:])({'|'.join(_METHODS)})\(")
_CPP_ADDRESS = re.compile(r"\bhal::address\(\)")
_CONVENTION = re.compile(r"\bHAL_CONVENTION_(ARGS_ARRAY|ARGS_DESCRIPTORS|C)\b")

_BACKEND = re.compile(r'\b([Ss]et )?HAL_BACKEND(?:=| to )"?(name\[:ordinal\]|[a-z0-9][\w-]*(?::\d+)?)"?')


def _function(found: re.Match[str]) -> str:
    name, arguments_follow = FUNCTIONS.get(found[1]), found[3] is not None
    if name is None:
        return found[0]
    return name.removesuffix("()") if arguments_follow else name


def in_python(text: str) -> str:
    """Returns the text with Python names in place of those C and C++ names that have an equivalent in npuhal."""
    text = _FUNCTION.sub(_function, text)
    text = _METHOD.sub(lambda found: f"ChipWorker.{_METHODS.get(found[1], found[1])}", text)
    text = _BARE_METHOD.sub(lambda found: f"{_METHODS[found[1]]}(", text)
    text = _CPP_ADDRESS.sub("npuhal.Address", text)
    return _CONVENTION.sub(lambda found: f'convention="{found[1].lower()}"', text)


def hint_in_python(text: str) -> str:
    """As in_python(), for hints: the advice to set HAL_BACKEND also names npuhal.open()."""
    return _BACKEND.sub(_backend, in_python(text))


def _backend(found: re.Match[str]) -> str:
    verb, name = found[1] or "", found[2]
    call = {"": "", "set ": "call ", "Set ": "Call "}[verb]
    return f'{call}npuhal.open("{name}") or {verb.lower()}HAL_BACKEND={name}'
