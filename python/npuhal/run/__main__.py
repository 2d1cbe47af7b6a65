# SPDX-License-Identifier: Apache-2.0
"""The entry point of ``python -m npuhal.run``."""
import sys

from npuhal.run.command import main

if __name__ == "__main__":
    sys.exit(main())
