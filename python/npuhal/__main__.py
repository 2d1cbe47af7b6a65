# SPDX-License-Identifier: Apache-2.0
"""python -m npuhal: what `halprobe list` shows; its options may follow."""

import os
import sys

from ._probe import halprobe


def main() -> None:
    """Becomes halprobe."""
    try:
        program = halprobe()
    except FileNotFoundError as failure:
        sys.exit(f"npuhal: {failure}")
    os.execv(program, ["halprobe", "list", *sys.argv[1:]])


if __name__ == "__main__":
    main()
