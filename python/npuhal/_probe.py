# SPDX-License-Identifier: Apache-2.0
"""The installed backends and whether they can be used: the data of halprobe."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from . import _config


def halprobe() -> str:
    """Returns the path of the halprobe of this installation. FileNotFoundError: it is missing or not executable."""
    if not os.access(_config.HALPROBE, os.X_OK):
        raise FileNotFoundError(
            f"{_config.HALPROBE}, which belongs to this installation of npuhal, is missing or not executable; "
            "install npuhal again"
        )
    return _config.HALPROBE


def backends() -> list[dict[str, Any]]:
    """Lists every backend that was found, usable or not.

    Each entry is one of ``halprobe list --json``: name, status, reason, detail, hint, path, devices and more. halprobe
    probes each backend in a separate process, so a broken one cannot harm the caller. Any thread may call this.

    FileNotFoundError: halprobe is missing. RuntimeError: halprobe failed.
    """
    done = subprocess.run([halprobe(), "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        text = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"halprobe list --json ended with status {done.returncode} and no JSON: {text}") from None
    found: list[dict[str, Any]] = answer["backends"]
    return found
