# SPDX-License-Identifier: Apache-2.0
"""A cache of compiled kernels, by the content of their sources."""
from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import TracebackType

from npuhal.run import compiler
from npuhal.run.compiler import Compiler
from npuhal.run.failure import CaseError
from npuhal.run.kernel import Kernel

_log = logging.getLogger("npuhal.run")


def default_folder() -> Path:
    """Returns $XDG_CACHE_HOME/npuhal/kernels, by default ~/.cache/npuhal/kernels."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of this variable says to ignore a relative path.
    root = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return Path(root, "npuhal", "kernels")


class ObjectCache:
    """Compiles kernels for one backend and keeps the objects in a folder.

    The name of an object is the hash of the compiler, its flags and the preprocessed sources, so a changed header makes
    a new object. New objects are renamed into place: several runners may share the folder, and it may be deleted at any
    time. If the folder cannot be used, the logger "npuhal.run" warns once, and a temporary folder replaces it until
    ``close``.
    """

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self._temporary: Path | None = None
        self._compilers: dict[str, tuple[Compiler, str]] = {}
        self._known: dict[tuple[object, ...], Path] = {}

    def __enter__(self) -> ObjectCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Removes the temporary folder, if there is one."""
        self._known.clear()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def object_of(self, kernel: Kernel) -> Path:
        """Returns the path of the kernel's object, compiled if needed. Compiler warnings are logged each time.

        A second call for the same kernel does not read the sources again. CaseError: no compiler, or it fails.
        """
        key = (kernel.sources, kernel.engine, kernel.defines)
        target = self._known.get(key)
        if target is None or not target.exists():
            target = self._known[key] = self._compiled(kernel)
        warnings = target.with_suffix(".txt")
        if warnings.exists():
            _log.warning("%s", warnings.read_text(errors="replace").rstrip())
        return target

    def _compiled(self, kernel: Kernel) -> Path:
        tool, identity = self._compiler_for(kernel.engine)
        if tool.suffix == ".o" and len(kernel.sources) != 1:
            raise CaseError(f"{self._backend} takes one kernel source, not {len(kernel.sources)}\n"
                            "hint: Name one file in KERNEL_SOURCES of golden.py.")
        command = tool.command(kernel, self._backend)
        names = ", ".join(str(source) for source in kernel.sources)
        digest = hashlib.sha256("\0".join([identity, *command]).encode(errors="surrogateescape"))
        for source in kernel.sources:
            digest.update(compiler.run([*command, "-E", str(source)], str(source)).stdout)
        target = self._usable_folder() / (digest.hexdigest() + tool.suffix)
        if not target.exists():
            self._compile([*command, *map(str, kernel.sources)], names, target)
        return target

    def _compiler_for(self, engine: str) -> tuple[Compiler, str]:
        if engine not in self._compilers:
            tool = Compiler.of(self._backend, engine)
            self._compilers[engine] = (tool, tool.identity())
        return self._compilers[engine]

    def _compile(self, command: list[str], names: str, target: Path) -> None:
        descriptor, name = tempfile.mkstemp(prefix=".new-", suffix=target.suffix, dir=target.parent)
        os.close(descriptor)
        made = Path(name)
        try:
            done = compiler.run([*command, "-o", name], names)
            if done.stderr.strip():
                noted = made.with_suffix(".txt")
                noted.write_bytes(done.stderr)
                noted.rename(target.with_suffix(".txt"))
            made.rename(target)
        finally:
            made.unlink(missing_ok=True)
            made.with_suffix(".txt").unlink(missing_ok=True)

    def _usable_folder(self) -> Path:
        if self._temporary is not None:
            return self._temporary
        folder = default_folder()
        reason = _why_unusable(folder)
        if reason is None:
            return folder
        self._temporary = Path(tempfile.mkdtemp(prefix="npuhal-kernels-"))
        _log.warning("kernels are compiled again each time: the cache folder %s cannot be used: %s", folder, reason)
        return self._temporary


def _why_unusable(folder: Path) -> str | None:
    """Returns why the folder cannot be used, or None. Other users must not be able to write to it."""
    if not folder.is_absolute():
        return "the home directory is unknown"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.geteuid():
            return f"it belongs to user {status.st_uid}"
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return "others may write to it"
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)
