# SPDX-License-Identifier: Apache-2.0
"""python -m npuhal: runs `halprobe list` with the given options."""

import os
import sys
from typing import NoReturn

from ._probe import halprobe


def _become_halprobe(*arguments: str) -> NoReturn:
    try:
        program = halprobe()
    except FileNotFoundError as failure:
        sys.exit(f"npuhal: {failure}")
    os.execv(program, ["halprobe", *arguments])


def halprobe_command() -> NoReturn:
    """Runs halprobe: the command `halprobe` of an installed wheel."""
    _become_halprobe(*sys.argv[1:])


if __name__ == "__main__":
    _become_halprobe("list", *sys.argv[1:])
