# SPDX-License-Identifier: Apache-2.0
"""The compiler of kernel objects for one backend, and what it is called with."""
from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from npuhal import _config
from npuhal.run.failure import CaseError
from npuhal.run.kernel import Kernel

# Below the toolkit's own directory, as hal_add_kernel looks for it.
_VENDOR_NAMES = ("bisheng", "ccec")
_VENDOR_DIRECTORIES = ("", "bin", "compiler/ccec_compiler/bin", "ccec_compiler/bin", "tools/ccec_compiler/bin")
_VENDOR_ROOTS = ("ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME")


@dataclass(frozen=True)
class Compiler:
    """A compiler and the flags that every kernel of one backend is compiled with."""

    path: str
    flags: tuple[str, ...]
    suffix: str
    """Of the objects."""

    @staticmethod
    def of(backend: str, engine: str) -> Compiler:
        """The compiler for ``backend``. CaseError: it is not there, or has no kernels for that engine."""
        if backend.endswith("-onboard"):
            return _vendor_compiler(backend, engine)
        path = _simulator_compiler()
        return Compiler(path, (*_config.KERNEL_FLAGS, *_unloadable(path, os.stat(path).st_mtime_ns)), ".so")

    def command(self, kernel: Kernel, backend: str) -> list[str]:
        """The command less ``-o`` and the sources."""
        defines = [f'HAL_KERNEL_BACKEND="{backend}"', f'HAL_KERNEL_ENGINE="{kernel.engine}"', *kernel.defines]
        return [self.path, *self.flags, *(f"-D{define}" for define in defines), f"-I{_config.KERNEL_INCLUDE_DIR}"]

    def identity(self) -> str:
        """Changes whenever the compiler does."""
        status = os.stat(self.path)
        return _identity(self.path, status.st_size, status.st_mtime_ns)


@functools.cache
def _identity(path: str, size: int, modified_ns: int) -> str:
    version = subprocess.run([path, "--version"], capture_output=True, text=True, errors="replace", check=False)
    return f"{path}\n{size}\n{modified_ns}\n{version.stdout}"


def run(command: Sequence[str], source: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the compiler; CaseError with its own text, the command and the next step if it refuses ``source``."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise CaseError(f"the kernel compiler cannot be run: {error}\nhint: name another one with HAL_KERNEL_CXX") from None
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace").rstrip()
        how = f"status {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
        raise CaseError(f"{source} cannot be compiled ({how}):\n{text}\ncommand: {shlex.join(command)}\n"
                        "hint: correct the source; docs/kernel-author.md says what a kernel may use")
    return done


def _simulator_compiler() -> str:
    named = os.environ.get("HAL_KERNEL_CXX")
    if named:
        return _named_compiler("HAL_KERNEL_CXX", named)
    for candidate in _config.KERNEL_COMPILERS:
        found = shutil.which(candidate)
        if found:
            return found
    raise CaseError(f"no compiler for kernels: none of {', '.join(_config.KERNEL_COMPILERS)} is in PATH\n"
                    "hint: install clang or g++, or name a compiler with HAL_KERNEL_CXX")


def _named_compiler(variable: str, named: str) -> str:
    found = shutil.which(named)
    if not found:
        raise CaseError(f'{variable} is "{named}": no such program\nhint: it must be one compiler, by its name in PATH or its path')
    return found


@functools.cache
def _unloadable(path: str, modified_ns: int) -> tuple[str, ...]:
    """g++ makes objects with inline variables stay loaded for ever without this; clang++ does not, and refuses it. Asked once of
    each compiler, as it was when ``modified_ns``."""
    flag = "-fno-gnu-unique"
    asked = subprocess.run([path, flag, "-x", "c++", "-fsyntax-only", os.devnull], stdin=subprocess.DEVNULL,
                           capture_output=True, check=False)
    return (flag,) if asked.returncode == 0 else ()


def _vendor_compiler(backend: str, engine: str) -> Compiler:
    if engine == "aicpu":
        raise CaseError(f"kernels for aicpu cannot be compiled for {backend}\nhint: ENGINE of golden.py must be aic or aiv there")
    named = os.environ.get("HAL_CCE_COMPILER")
    path = _named_compiler("HAL_CCE_COMPILER", named) if named else _find_vendor_compiler()
    if path is None:
        raise CaseError(f"the vendor's compiler ({' or '.join(_VENDOR_NAMES)}), which {backend} needs, was not found in PATH, "
                        f"{' or '.join(_VENDOR_ROOTS)}\nhint: source the toolkit's set_env.sh, or name it with HAL_CCE_COMPILER")
    generation = "dav-c310" if backend.startswith("a5-") else "dav-c220"
    unit = "cube" if engine == "aic" else "vec"
    return Compiler(path, (*_config.CCE_FLAGS, f"--cce-aicore-arch={generation}-{unit}", "-c"), ".o")


def _find_vendor_compiler() -> str | None:
    for name in _VENDOR_NAMES:
        found = shutil.which(name)
        if found:
            return found
    for root in filter(None, map(os.environ.get, _VENDOR_ROOTS)):
        for directory in _VENDOR_DIRECTORIES:
            for name in _VENDOR_NAMES:
                path = Path(root, directory, name)
                if path.is_file() and os.access(path, os.X_OK):
                    return str(path)
    return None
