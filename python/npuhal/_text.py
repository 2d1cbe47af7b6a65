# SPDX-License-Identifier: Apache-2.0
"""Names and paths that go to libhal, which takes strings that end with a NUL."""

from __future__ import annotations

import os
from typing import Union


def checked_name(what: str, name: str) -> str:
    """Returns the name. TypeError: it is not a str. ValueError: it contains NUL or is not valid Unicode."""
    if not isinstance(name, str):
        raise TypeError(f"{what} is a {type(name).__name__}; give a str")
    if "\0" in name:
        raise ValueError(f"{what} {name!r} contains a NUL character; give a name without it")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} {name!r} is not valid Unicode; give a name without surrogates") from None
    return name


def checked_path(what: str, path: Union[str, os.PathLike[str], os.PathLike[bytes]]) -> bytes:
    """Returns the path as the file system's bytes. TypeError: it is not a path. ValueError: it contains NUL."""
    try:
        found = os.fspath(path)
    except TypeError:
        raise TypeError(f"{what} is a {type(path).__name__}; give a path, or the bytes of a kernel object") from None
    if ("\0" if isinstance(found, str) else b"\0") in found:  # type: ignore[operator]
        raise ValueError(f"{what} {found!r} contains a NUL character; give a path without it")
    try:
        return os.fsencode(found)
    except UnicodeEncodeError:
        raise ValueError(f"{what} {found!r} cannot be encoded as a path of this system") from None
