# SPDX-License-Identifier: Apache-2.0
"""The command line of the case runner."""
from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import npuhal
from npuhal.run import attempt, case_folder, document, report
from npuhal.run.attempt import Target
from npuhal.run.failure import CaseError, Failure
from npuhal.run.golden import Golden
from npuhal.run.object_cache import ObjectCache
from npuhal.run.result import Result

PASSED, FAILED, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130

_EPILOG = """\
example:
  python -m npuhal.run examples/vector_add --backend a2a3-sim
  python -m npuhal.run examples/tiled_matmul --backend a5-sim --case square --case ragged --repeat 3

exit status:
  0    every run passed
  1    a run failed: an output differs from the expected one, or an exception was raised
  2    wrong usage, or nothing could be run
  130  interrupted, after the current run was cleaned up

Compiled kernels are kept in $XDG_CACHE_HOME/npuhal/kernels (default: ~/.cache/npuhal/kernels).
HAL_KERNEL_CXX sets the compiler. docs/case-runner.md describes golden.py.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with ``arguments`` (default: those of the process) and returns its exit status."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else NOT_STARTED
    try:
        return _list(options) if options.list else _run(options)
    except CaseError as error:
        print(f"npuhal.run: {error}", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("npuhal.run: interrupted", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m npuhal.run", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compiles and runs the kernel of a case, and compares its outputs with those of golden.py.")
    parser.add_argument("case_dir", metavar="CASE_DIR", help="the folder with golden.py and the kernel's sources")
    parser.add_argument("--backend", metavar="NAME",
                        help="the backend, such as a2a3-sim; required unless --list is given")
    parser.add_argument("--device", metavar="N", type=_ordinal,
                        help="the ordinal of the device; default: the one that the environment sets, else 0")
    parser.add_argument("--case", metavar="NAME", action="append", default=[],
                        help="run this case of ALL_CASES in golden.py; can be repeated; default: all cases")
    parser.add_argument("--repeat", metavar="N", type=_positive, default=1, help="run each case N times; default: 1")
    parser.add_argument("--json", action="store_true",
                        help="print one JSON document on stdout; the output of hooks goes to stderr")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and run nothing")
    return parser


def _list(options: argparse.Namespace) -> int:
    if options.json:
        raise CaseError("--list and --json cannot be combined: the list is plain text\nhint: Leave one of them out.")
    for name in _first_look(case_folder.find(options.case_dir), options.case):
        print(name)
    return PASSED


def _run(options: argparse.Namespace) -> int:
    folder = case_folder.find(options.case_dir)
    _check_backend(options.backend)
    with contextlib.ExitStack() as stack:
        if options.json:
            stack.enter_context(_stdout_to_stderr())
        names = _first_look(folder, options.case)
        objects = stack.enter_context(ObjectCache(options.backend))
        target = Target(folder, options.backend, options.device, objects)
        runs = [(name, repeat) for name in names for repeat in range(1, options.repeat + 1)]
        results = _run_all(target, runs, options)
    interrupted = any(result.interrupted for result in results)
    if options.json:
        print(document.dumps(str(folder), options.backend, options.device, results, len(runs), interrupted))
    else:
        print(report.summary(results, len(runs)))
    sys.stdout.flush()
    if interrupted:
        return INTERRUPTED
    if results[-1].unavailable and len(results) == 1:
        return NOT_STARTED
    return PASSED if all(result.status == "passed" for result in results) else FAILED


def _run_all(target: Target, runs: Sequence[tuple[str, int]], options: argparse.Namespace) -> list[Result]:
    progress = report.Progress(len(runs))
    results: list[Result] = []
    for number, (name, repeat) in enumerate(runs, start=1):
        progress.show(number, name)
        result = attempt.run(target, name, repeat)
        results.append(result)
        progress.clear()
        if not options.json:
            for line in report.lines_of(result, options.repeat):
                print(line, flush=True)
        if result.interrupted or (result.unavailable and number == 1):
            break
    return results


def _first_look(folder: Path, wanted: Sequence[str]) -> list[str]:
    """Returns the names of the cases to run. CaseError: golden.py cannot be imported, or something in it is wrong."""
    with case_folder.importable(folder):
        try:
            return Golden(folder).select(wanted)
        except (CaseError, KeyboardInterrupt):
            raise
        except BaseException as error:
            failure = Failure.of("import", error)
    raise CaseError(f"{folder / 'golden.py'} cannot be imported:\n{failure.traceback or failure.error}")


def _check_backend(name: str | None) -> None:
    """Checks the backend before anything is compiled for it. CaseError: it was not found, or cannot be used."""
    found = npuhal.backends()
    known = list(dict.fromkeys(str(backend["name"]) for backend in found))
    hint = f"hint: Give --backend NAME, one of {', '.join(known)}."
    if not known:
        hint = "hint: Run halprobe explain: no backend was found."
    if name is None:
        raise CaseError(f"--backend is missing\n{hint}")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f'; did you mean "{near[0]}"?' if near else ""
        raise CaseError(f'unknown backend "{name}"{meant}\n{hint}')
    named = [backend for backend in found if backend["name"] == name]
    if not any(backend["status"] == "usable" for backend in named):
        first = named[0]
        raise CaseError(f"{name} is not usable ({first['reason']}): {first['detail']}\nhint: {first['hint']}")


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Sends what Python, C++ and child processes write to stdout to stderr during the block."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _ordinal(text: str) -> int:
    return _number(text, 0)


def _positive(text: str) -> int:
    return _number(text, 1)


def _number(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number of {least} or more')
    return int(text)
