# SPDX-License-Identifier: Apache-2.0
"""A case folder, and imports from it that leave nothing behind."""
from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from npuhal.run.failure import CaseError

_numbers = itertools.count()


def find(path: str) -> Path:
    """Returns the absolute path of the case folder. CaseError: it does not exist or has no golden.py."""
    folder = Path(path).resolve()
    if not folder.exists():
        raise CaseError(f"no such case folder: {path}\nhint: Give the folder that holds the case's golden.py.")
    if folder.name == "golden.py" and folder.is_file():
        raise CaseError(f"{path} is a golden.py, not a folder\nhint: Give its folder, {folder.parent}.")
    if not folder.is_dir():
        raise CaseError(f"{path} is not a folder\nhint: Give the folder that holds the case's golden.py.")
    if not (folder / "golden.py").is_file():
        raise CaseError(f"no golden.py in {folder}\nhint: Give a folder with a golden.py and its kernel sources.")
    return folder


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Searches ``folder`` first for modules during the block.

    At the end, modules from there are removed from sys.modules; their bytecode is never written. So two cases may both
    have a ``helpers.py``. One thread at a time may use it.
    """
    entry = str(folder)
    before = set(sys.modules)
    wrote_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, entry)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = wrote_bytecode
        if entry in sys.path:
            sys.path.remove(entry)
        for name in set(sys.modules) - before:
            if _comes_from(sys.modules[name], entry):
                del sys.modules[name]
        sys.path_importer_cache.pop(entry, None)


def load_golden(folder: Path) -> ModuleType:
    """Imports golden.py as a new module with a unique name, which stays in sys.modules until ``importable`` ends."""
    path = folder / "golden.py"
    module = ModuleType(f"npuhal_case_{next(_numbers)}")
    module.__file__ = str(path)
    # importlib's loader could use stale bytecode of a file that was edited within the same second.
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
    return module


def _comes_from(module: object, entry: str) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(entry)
