#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every #include keeps to the direction of docs/architecture.md.

    check_includes.py [ROOT]

ROOT is a source tree, by default the one that holds this script. Prints each wrong include as FILE:LINE: message and
exits with 1 if there is one.
"""

import fnmatch
import os
import re
import sys

# The one table. Each room is a folder, or one header: "room: rooms that it may include, besides itself". A file
# belongs to the room with the longest matching path. Change docs/architecture.md together with this.
HAL = "hal/include"  # the public headers of libhal
SUPPORT, DIAGNOSTICS, ENVIRONMENT = "hal/src/support", "hal/src/diagnostics", "hal/src/environment"
BACKENDS, OBJECTS, API = "hal/src/backends", "hal/src/objects", "hal/src/api"
CHIPS, KERNEL, SHARED = "plugins/chips", "plugins/kernel", "plugins/support"
WIRE, DEVICE, HOOKS, SIM = "plugins/sim/wire", "plugins/sim/device", "plugins/sim/hooks", "plugins/sim/host"
OPTIONS, MEMORY, REPORTS = f"{SIM}/options.hpp", f"{SIM}/memory", f"{SIM}/reports"
PROCESS, KERNELS, COMMANDS = f"{SIM}/process", f"{SIM}/kernels", f"{SIM}/commands"
SIM_ROOMS = [OPTIONS, MEMORY, REPORTS, PROCESS, KERNELS, COMMANDS, SIM]
ONBOARD, HOST, TESTS = "plugins/onboard", "host", "tests"

ROOMS: dict[str, list[str]] = {
    HAL: [],
    SUPPORT: [HAL],
    DIAGNOSTICS: [HAL, SUPPORT],
    ENVIRONMENT: [HAL, SUPPORT, DIAGNOSTICS],
    BACKENDS: [HAL, SUPPORT, DIAGNOSTICS, ENVIRONMENT],
    OBJECTS: [HAL, SUPPORT, DIAGNOSTICS, ENVIRONMENT, BACKENDS],
    API: [HAL, SUPPORT, DIAGNOSTICS, ENVIRONMENT, BACKENDS, OBJECTS],
    CHIPS: [],
    KERNEL: [],
    SHARED: [HAL, KERNEL, CHIPS],
    WIRE: [],
    HOOKS: [],
    DEVICE: [HAL, WIRE, HOOKS, SHARED],
    OPTIONS: [HAL, CHIPS, WIRE],
    MEMORY: [HAL, CHIPS, WIRE, SHARED, OPTIONS],
    REPORTS: [HAL, CHIPS, WIRE, SHARED, OPTIONS, MEMORY],
    PROCESS: [HAL, CHIPS, WIRE, DEVICE, SHARED, OPTIONS, MEMORY, REPORTS],
    KERNELS: [HAL, CHIPS, WIRE, SHARED, OPTIONS, MEMORY, REPORTS, PROCESS],
    COMMANDS: [HAL, CHIPS, WIRE, SHARED, OPTIONS, MEMORY, REPORTS, PROCESS, KERNELS],
    SIM: [HAL, CHIPS, WIRE, SHARED, OPTIONS, MEMORY, REPORTS, PROCESS, KERNELS, COMMANDS],
    ONBOARD: [HAL, CHIPS, SHARED],
    "plugins/a2a3-sim": [CHIPS, SIM],
    "plugins/a5-sim": [CHIPS, SIM],
    "plugins/a2a3-onboard": [CHIPS, ONBOARD],
    "plugins/a5-onboard": [CHIPS, ONBOARD],
    "plugins/null": [HAL],
    HOST: [HAL],
    "python": [HAL, HOST],
    "tools": [HAL],
    "examples": [HAL, HOST, KERNEL],
    TESTS: [HAL, HOST, KERNEL, CHIPS],
    "tests/vendor": [],
}

CORE_TESTS = ("address_table", "backend_spec", "dependencies", "elf_image", "environment", "error", "file", "handles",
              "host_ranges", "injection_spec", "launch_args", "note", "struct_rules", "text", "trust")
EXCEPTIONS: dict[str, list[str]] = {
    # White-box tests: they include the private headers of what they test.
    **{f"tests/hal/{name}_test.cpp": [SUPPORT, DIAGNOSTICS, ENVIRONMENT, BACKENDS, OBJECTS] for name in CORE_TESTS},
    "tests/fuzz/*": [SUPPORT, DIAGNOSTICS, ENVIRONMENT, BACKENDS, *SIM_ROOMS],
    "tests/sim/*": [*SIM_ROOMS, WIRE, SHARED],
    "tests/sim/window_test.cpp": [DEVICE],
    "tests/onboard/*": [ONBOARD, SHARED, "tests/vendor"],
    "tests/mutants/*": ["plugins/null"],
    # halprobe suggests the nearest spelling of an option, as libhal does for variables and backends.
    "tools/halprobe/options.cpp": [SUPPORT],
    # halprobe escapes text as libhal does.
    "tools/halprobe/report.cpp": [SUPPORT],
}

# Where an include is looked up, after the folder of its own file.
ROOTS = ["hal/include", "host/include", "plugins/kernel/include", "hal/src", "plugins", "plugins/support", "tests",
         "tests/fuzz", "tests/conformance", "tests/vendor/include", "python/src", "tools/halprobe"]

# Headers that the build makes, and the rooms that they belong to.
GENERATED = {"hal/names.h": f"{HAL}/hal/names.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SUFFIXES = (".c", ".h", ".cpp", ".hpp", ".def", ".inc", ".in")


def room_of(path: str) -> str | None:
    rooms = [room for room in ROOMS if path == room or path.startswith(room + "/")]
    return max(rooms, key=len) if rooms else None


def allowed_rooms(path: str) -> list[str]:
    room = room_of(path)
    allowed = [room, *ROOMS[room]] if room else []
    for pattern, rooms in EXCEPTIONS.items():
        if fnmatch.fnmatch(path, pattern):
            allowed += rooms
    return allowed


def targets(root: str, path: str, name: str) -> list[str]:
    """The files of the tree that the include can mean."""
    if name in GENERATED:
        return [GENERATED[name]]
    found = []
    for folder in [os.path.dirname(path), *ROOTS]:
        target = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, target)):
            found.append(target)
    return found


def check_file(root: str, path: str) -> list[str]:
    problems = []
    allowed = allowed_rooms(path)
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            include = INCLUDE.match(line)
            if include is None:
                continue
            name = include.group(2)
            found = targets(root, path, name)
            if not found and include.group(1) == '"':
                problems.append(f'{path}:{number}: "{name}" is not in the tree; write <{name}> for a system file')
            elif found and not any(room_of(target) in allowed for target in found):
                problems.append(f"{path}:{number}: {room_of(path)} may not include {found[0]}")
    return problems


def sources(root: str) -> list[str]:
    found = []
    for top in sorted({room.split("/")[0] for room in ROOMS}):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            files = [os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES)]
            found += [os.path.relpath(file, root) for file in files]
    return found


def main() -> int:
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = sources(root)
    if not paths:
        print(f"{root}: no source file found", file=sys.stderr)
        return 1
    problems = [problem for path in paths for problem in check_file(root, path)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
