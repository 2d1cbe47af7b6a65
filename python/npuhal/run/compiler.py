# SPDX-License-Identifier: Apache-2.0
"""The compiler of kernel objects for one backend, and its command line."""
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

# Where hal_add_kernel searches, too: below the toolkit's folder.
_VENDOR_NAMES = ("bisheng", "ccec")
_VENDOR_DIRECTORIES = ("", "bin", "compiler/ccec_compiler/bin", "ccec_compiler/bin", "tools/ccec_compiler/bin")
_VENDOR_ROOTS = ("ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME")


@dataclass(frozen=True)
class Compiler:
    """A compiler, and the flags for every kernel of one backend."""

    path: str
    flags: tuple[str, ...]
    suffix: str
    """The suffix of the objects."""

    @staticmethod
    def of(backend: str, engine: str) -> Compiler:
        """Returns the compiler for ``backend``. CaseError: no compiler, unknown chip, or an engine without kernels."""
        if backend.endswith("-onboard"):
            return _vendor_compiler(backend, engine)
        path = _simulator_compiler()
        return Compiler(path, (*_config.KERNEL_FLAGS, *_unloadable(path, os.stat(path).st_mtime_ns)), ".so")

    def command(self, kernel: Kernel, backend: str) -> list[str]:
        """Returns the command without ``-o`` and the sources."""
        defines = [f'HAL_KERNEL_BACKEND="{backend}"', f'HAL_KERNEL_ENGINE="{kernel.engine}"', *kernel.defines]
        return [self.path, *self.flags, *(f"-D{define}" for define in defines), f"-I{_config.KERNEL_INCLUDE_DIR}"]

    def identity(self) -> str:
        """Returns a text that is different for each compiler and version."""
        status = os.stat(self.path)
        return _identity(self.path, status.st_size, status.st_mtime_ns)


@functools.cache
def _identity(path: str, size: int, modified_ns: int) -> str:
    version = subprocess.run([path, "--version"], capture_output=True, text=True, errors="replace", check=False)
    return f"{path}\n{size}\n{modified_ns}\n{version.stdout}"


def run(command: Sequence[str], source: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the compiler. CaseError: it fails; the message has its output and the command."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise CaseError(f"the kernel compiler cannot be run: {error}\nhint: Set HAL_KERNEL_CXX.") from None
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace").rstrip()
        how = f"status {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
        raise CaseError(f"{source} cannot be compiled ({how}):\n{text}\ncommand: {shlex.join(command)}\n"
                        "hint: Correct the source. docs/kernel-author.md says what a kernel may use.")
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
                    "hint: Install clang or g++, or set HAL_KERNEL_CXX to a compiler.")


def _named_compiler(variable: str, named: str) -> str:
    found = shutil.which(named)
    if not found:
        raise CaseError(f'{variable} is "{named}": no such program\n'
                        f"hint: Set {variable} to the path of a compiler, or to its name in PATH.")
    return found


@functools.cache
def _unloadable(path: str, modified_ns: int) -> tuple[str, ...]:
    """Returns the flag with which objects of g++ can be unloaded. clang++ rejects it, and does not need it.

    Without the flag, an object with inline variables stays loaded. The answer is cached for each version of a compiler.
    """
    flag = "-fno-gnu-unique"
    asked = subprocess.run([path, flag, "-x", "c++", "-fsyntax-only", os.devnull], stdin=subprocess.DEVNULL,
                           capture_output=True, check=False)
    return (flag,) if asked.returncode == 0 else ()


def _vendor_compiler(backend: str, engine: str) -> Compiler:
    if engine == "aicpu":
        raise CaseError(f"kernels for aicpu cannot be compiled for {backend}\n"
                        'hint: Set ENGINE in golden.py to "aic" or "aiv".')
    chip = backend.removesuffix("-onboard")
    if chip not in _config.CCE_ARCHITECTURES:
        raise CaseError(f'kernels cannot be compiled for {backend}: unknown chip "{chip}"\n'
                        f"hint: Use a backend of one of these chips: {', '.join(_config.CCE_ARCHITECTURES)}.")
    named = os.environ.get("HAL_CCE_COMPILER")
    path = _named_compiler("HAL_CCE_COMPILER", named) if named else _find_vendor_compiler()
    if path is None:
        raise CaseError(f"{backend} needs the vendor's compiler ({' or '.join(_VENDOR_NAMES)}), which was not found in "
                        f"PATH, {' or '.join(_VENDOR_ROOTS)}\n"
                        "hint: Source the toolkit's set_env.sh, or set HAL_CCE_COMPILER to the compiler.")
    cores = f"{_config.CCE_ARCHITECTURES[chip]}-{'cube' if engine == 'aic' else 'vec'}"
    return Compiler(path, (*_config.CCE_FLAGS, f"--cce-aicore-arch={cores}", "-c"), ".o")


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
