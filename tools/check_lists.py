#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds what was forgotten when a property or a variable was added: tools/check_lists.py [ROOT].

libhal's own lists are generated from hal.h (cmake/HalNames.cmake), so halprobe and npuhal know every property by
themselves. This script checks the places that a generator cannot fill: the value that each plugin answers, and the
operator's page.
Exit status: 0 = nothing is missing, 1 = something is, with a line for each.
"""
from __future__ import annotations

import re
import sys
from pathlib import Path

# Properties that a kind of plugin answers with UNSUPPORTED, and why.
UNANSWERED = {
    ("onboard", "DEVICE_PROCESS_ID"): "a card has no device process",
}


def read(folder: Path, patterns: tuple[str, ...]) -> str:
    """The text of every file below folder that matches one of the patterns."""
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(folder.rglob(pattern)))


def missing_properties(root: Path) -> list[str]:
    names = re.findall(r"^#define HAL_PROPERTY_([A-Z0-9_]+) \d+u", (root / "hal/include/hal/hal.h").read_text(), re.M)
    if not names:
        return ["hal/include/hal/hal.h defines no HAL_PROPERTY_*: correct the pattern in tools/check_lists.py"]
    sources = ("*.cpp", "*.hpp")
    shared = read(root / "plugins/support", sources)
    problems = []
    for kind, folder in (("sim", "plugins/sim/host"), ("onboard", "plugins/onboard")):
        text = shared + read(root / folder, sources)
        for name in names:
            if not re.search(rf"case HAL_PROPERTY_{name}:", text) and (kind, name) not in UNANSWERED:
                problems.append(f"HAL_PROPERTY_{name}: {folder} has no case for it. Answer it there, or add it to "
                                "UNANSWERED in tools/check_lists.py with the reason")
    return problems


def missing_variables(root: Path) -> list[str]:
    page = (root / "docs/operator.md").read_text()
    declared = set()
    for folder, family in (("plugins/sim/host", "SIM"), ("plugins/onboard", "ONBOARD")):
        for name in re.findall(rf'"{family}",\s*"([A-Z0-9_]+)"', read(root / folder, ("*.cpp", "*.hpp"))):
            declared.add(f"HAL_{family}_{name}")
    declared |= set(re.findall(r'{"(HAL_[A-Z_]+)", HAL_OPTION_', read(root / "hal/src", ("*.cpp",))))
    if len(declared) < 10:
        return [f"the sources declare only {len(declared)} variables: correct the patterns in tools/check_lists.py"]
    return [f"{name}: docs/operator.md has no row for it" for name in sorted(declared) if f"| `{name}` |" not in page]


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    problems = missing_properties(root) + missing_variables(root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
