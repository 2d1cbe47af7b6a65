# SPDX-License-Identifier: Apache-2.0
"""What is installed, and why it can or cannot be used: the data of halprobe."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from . import _config


def halprobe() -> str:
    """Path of the halprobe that belongs to this module. FileNotFoundError, which names it: it is not there."""
    if not os.access(_config.HALPROBE, os.X_OK):
        raise FileNotFoundError(
            f"{_config.HALPROBE} is not there or cannot be run; it belongs to this installation of npuhal: install it again"
        )
    return _config.HALPROBE


def backends() -> list[dict[str, Any]]:
    """Every backend that was found, usable or not, as ``halprobe list --json`` tells of them: name, status, reason, detail,
    hint, path, devices and more, each probed in a process of its own. RuntimeError: halprobe failed."""
    done = subprocess.run([halprobe(), "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        text = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"halprobe list --json ended with status {done.returncode} and told nothing: {text}") from None
    found: list[dict[str, Any]] = answer["backends"]
    return found
