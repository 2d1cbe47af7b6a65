# SPDX-License-Identifier: Apache-2.0
"""The kernel of a case, from the constants of its golden.py."""
from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from npuhal._kernels import CONVENTIONS, ENGINES
from npuhal.run.failure import CaseError

_MAX_BLOCKS = 2**32 - 1


@dataclass(frozen=True)
class Kernel:
    """The sources, the entry and the launch options of a kernel."""

    sources: tuple[Path, ...]
    """KERNEL_SOURCES. Default: every .cpp file below CASE_DIR/kernels, else in CASE_DIR."""
    name: str
    """KERNEL, the exported function. Default: the stem of the only source."""
    engine: str
    """ENGINE. Default: "aiv"."""
    block_count: int
    """BLOCK_COUNT. Default: 1."""
    convention: str | None
    """CONVENTION. Default: that of the kernel object."""
    timeout: float | None
    """TIMEOUT in seconds. Default: the device's limit."""
    defines: tuple[str, ...]
    """KERNEL_DEFINES as NAME or NAME=value."""

    @staticmethod
    def of(folder: Path, golden: ModuleType) -> Kernel:
        """Returns the kernel of the golden.py in ``folder``. CaseError: a constant is wrong."""
        settings = _Settings(folder, golden)
        sources = settings.sources()
        return Kernel(
            sources=sources,
            name=settings.name(sources),
            engine=settings.choice("ENGINE", ENGINES) or "aiv",
            block_count=settings.block_count(),
            convention=settings.choice("CONVENTION", CONVENTIONS),
            timeout=settings.timeout(),
            defines=settings.defines(),
        )

    def blocks(self, params: Mapping[str, Any]) -> int:
        """Returns the number of blocks: "block_count" of the parameter set, else BLOCK_COUNT."""
        if "block_count" not in params:
            return self.block_count
        return _checked_block_count('"block_count" of the parameter set', params["block_count"])


class _Settings:
    """Reads the constants of a golden.py. Messages name the file and the constant."""

    def __init__(self, folder: Path, golden: ModuleType) -> None:
        self._folder = folder
        self._golden = golden

    def _get(self, name: str) -> Any:
        return getattr(self._golden, name, None)

    def _wrong(self, name: str, must: str) -> CaseError:
        return CaseError(f"{name} of {self._folder / 'golden.py'} is {self._get(name)!r}\nhint: Give {must}.")

    def sources(self) -> tuple[Path, ...]:
        named = self._get("KERNEL_SOURCES")
        if named is None:
            return self._found_sources()
        if isinstance(named, (str, Path)) or not isinstance(named, Sequence) or not named:
            raise self._wrong("KERNEL_SOURCES", "a list of files, relative to the case folder")
        if not all(isinstance(name, (str, Path)) for name in named):
            raise self._wrong("KERNEL_SOURCES", "a list of files, relative to the case folder")
        sources = tuple((self._folder / name).resolve() for name in named)
        for source in sources:
            if not source.is_file():
                raise CaseError(f"KERNEL_SOURCES of {self._folder / 'golden.py'}: no such file: {source}\n"
                                "hint: Give paths relative to the case folder.")
        return sources

    def _found_sources(self) -> tuple[Path, ...]:
        sources = sorted((self._folder / "kernels").rglob("*.cpp")) or sorted(self._folder.glob("*.cpp"))
        if not sources:
            raise CaseError(f"no kernel source: no .cpp file in {self._folder / 'kernels'}, nor in {self._folder}\n"
                            "hint: Put one there, or name it in KERNEL_SOURCES of golden.py.")
        return tuple(sources)

    def name(self, sources: tuple[Path, ...]) -> str:
        name = self._get("KERNEL")
        if name is None and len(sources) == 1:
            return sources[0].stem
        if name is None:
            files = ", ".join(source.name for source in sources)
            raise CaseError(f"{len(sources)} kernel sources ({files}), but {self._folder / 'golden.py'} does not name "
                            "the kernel\n"
                            'hint: Set KERNEL = "the exported function", or KERNEL_SOURCES to one file.')
        if not isinstance(name, str) or not name:
            raise self._wrong("KERNEL", "the name of the exported function")
        return name

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        value = self._get(name)
        if value is None:
            return None
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(name, "one of " + ", ".join(choices))
        return value

    def block_count(self) -> int:
        value = self._get("BLOCK_COUNT")
        return 1 if value is None else _checked_block_count(f"BLOCK_COUNT of {self._folder / 'golden.py'}", value)

    def timeout(self) -> float | None:
        value = self._get("TIMEOUT")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < float(value) < math.inf:
            raise self._wrong("TIMEOUT", "the kernel's time limit in seconds, more than 0")
        return float(value)

    def defines(self) -> tuple[str, ...]:
        value = self._get("KERNEL_DEFINES")
        if value is None:
            return ()
        if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
            return tuple(f"{name}={text}" for name, text in value.items())
        if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(text, str) for text in value):
            return tuple(value)
        raise self._wrong("KERNEL_DEFINES", 'a dict such as {"TILE": 16} or a list such as ["TILE=16"]')


def _checked_block_count(what: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 1 <= int(value) <= _MAX_BLOCKS:
        raise CaseError(f"{what} is {value!r}\nhint: Give a whole number from 1 to {_MAX_BLOCKS}.")
    return int(value)
