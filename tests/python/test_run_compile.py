# SPDX-License-Identifier: Apache-2.0
"""Kernels are compiled once for the same content, and errors of the compiler are reported."""

import os
import shutil

import pytest

from npuhal import _config
from npuhal.run.compiler import Compiler
from npuhal.run.failure import CaseError
from npuhal.run.kernel import Kernel
from npuhal.run.object_cache import ObjectCache
from run_support import ADD_ONE, ADD_ONE_GOLDEN, run, write_case

REAL = Compiler.of("a2a3-sim", "aiv").path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Returns a cache folder that only this test uses."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "npuhal" / "kernels"


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Sets a compiler that logs what it compiles. Returns a function that counts."""
    log = tmp_path / "compiled"
    log.touch()
    path = script(tmp_path / "c++", f'case " $* " in *" -o "*) echo "$@" >>"{log}" ;; esac\nexec "{REAL}" "$@"')
    monkeypatch.setenv("HAL_KERNEL_CXX", str(path))
    return lambda: len(log.read_text().splitlines())


def passes(capfd, folder, backend):
    ended = run(capfd, folder, "--backend", backend)
    assert ended.status == 0, ended.out + ended.err
    return ended.out


def test_a_kernel_is_compiled_once_until_it_changes(capfd, backend, tmp_path, cache, compiler):
    source = ADD_ONE.replace("1.0f", "step()").replace("#include", '#include "step.h"\n#include', 1)
    folder = write_case(tmp_path / "case", add_one=source)
    header = folder / "kernels" / "step.h"
    header.write_text("inline float step() { return 1.0f; }\n")
    passes(capfd, folder, backend)
    assert compiler() == 1
    passes(capfd, folder, backend)
    assert compiler() == 1
    header.write_text("inline float step() { return 2.0f - 1.0f; }\n")
    passes(capfd, folder, backend)
    assert compiler() == 2
    (folder / "golden.py").write_text(ADD_ONE_GOLDEN + "KERNEL_DEFINES = ['NEW']\n")
    passes(capfd, folder, backend)
    assert compiler() == 3
    passes(capfd, folder, "a5-sim" if backend == "a2a3-sim" else "a2a3-sim")
    assert compiler() == 4
    assert len(list(cache.glob("*.so"))) == len(list(cache.iterdir())) == 4


def test_a_changed_result_is_seen_although_the_file_has_the_same_name(capfd, backend, tmp_path, cache):
    folder = write_case(tmp_path / "case")
    passes(capfd, folder, backend)
    (folder / "kernels" / "add_one.cpp").write_text(ADD_ONE.replace("1.0f", "2.0f"))
    assert run(capfd, folder, "--backend", backend).status == 1


def test_a_changed_compiler_compiles_again(capfd, tmp_path, cache, compiler):
    folder = write_case(tmp_path / "case")
    passes(capfd, folder, "a2a3-sim")
    with (tmp_path / "c++").open("a") as file:
        file.write("# a newer one\n")
    passes(capfd, folder, "a2a3-sim")
    assert compiler() == 2


def test_one_command_reads_the_sources_once(capfd, tmp_path, cache, monkeypatch):
    calls = tmp_path / "calls"
    path = script(tmp_path / "c++", f'echo "$@" >>"{calls}"\nexec "{REAL}" "$@"')
    monkeypatch.setenv("HAL_KERNEL_CXX", str(path))
    assert run(capfd, write_case(tmp_path / "case"), "--backend", "a2a3-sim", "--repeat", "5").status == 0
    lines = calls.read_text().splitlines()
    assert sum(" -E " in line for line in lines) == 1
    assert sum(" -o " in line for line in lines) == 1


def test_a_source_that_does_not_compile_shows_the_compilers_text_and_the_command(capfd, backend, tmp_path, cache):
    folder = write_case(tmp_path / "case", add_one="int kernel() { return no_such_name; }\n")
    ended = run(capfd, folder, "--backend", backend)
    assert ended.status == 1
    assert "in compile" in ended.out
    assert "no_such_name" in ended.out and "add_one.cpp:1:" in ended.out
    assert f"command: {REAL} " in ended.out and f"""'-DHAL_KERNEL_BACKEND="{backend}"'""" in ended.out
    assert "hint: " in ended.out
    assert list(cache.iterdir()) == []


def test_a_missing_header_is_reported(capfd, tmp_path, cache):
    folder = write_case(tmp_path / "case", add_one='#include "no_such_header.h"\n')
    ended = run(capfd, folder, "--backend", "a2a3-sim", "--json")
    assert ended.results[0]["stage"] == "compile"
    assert "no_such_header.h" in ended.results[0]["error"]


def test_warnings_of_the_compiler_are_notes_each_time(capfd, tmp_path, cache):
    folder = write_case(tmp_path / "case", add_one=ADD_ONE + "static int nobody_uses_me() { return 1; }\n")
    for _ in range(2):
        [result] = run(capfd, folder, "--backend", "a2a3-sim", "--json").results
        assert result["status"] == "passed"
        assert any("nobody_uses_me" in note for note in result["notes"])


def test_a_missing_compiler_is_named(capfd, tmp_path, cache, monkeypatch):
    folder = write_case(tmp_path / "case")
    monkeypatch.setenv("HAL_KERNEL_CXX", "no-such-compiler")
    [result] = run(capfd, folder, "--backend", "a2a3-sim", "--json").results
    assert 'HAL_KERNEL_CXX is "no-such-compiler": no such program' in result["error"]
    monkeypatch.delenv("HAL_KERNEL_CXX")
    monkeypatch.setattr(_config, "KERNEL_COMPILERS", ["clang++-99", "g++-99"])
    [result] = run(capfd, folder, "--backend", "a2a3-sim", "--json").results
    assert "none of clang++-99, g++-99 is in PATH" in result["error"] and "HAL_KERNEL_CXX" in result["error"]


def test_a_killed_compiler_is_reported(capfd, tmp_path, cache, monkeypatch):
    path = script(tmp_path / "c++", f'case " $* " in *" -o "*) kill -9 $$ ;; esac\nexec "{REAL}" "$@"')
    monkeypatch.setenv("HAL_KERNEL_CXX", str(path))
    [result] = run(capfd, write_case(tmp_path / "case"), "--backend", "a2a3-sim", "--json").results
    assert "cannot be compiled (signal 9)" in result["error"]
    assert list(cache.iterdir()) == []


def test_a_compiler_that_is_interrupted_leaves_nothing(capfd, tmp_path, cache, monkeypatch):
    interrupt = 'case " $* " in *" -o "*) kill -INT $PPID; exec cat /dev/zero ;; esac'
    path = script(tmp_path / "c++", f'{interrupt}\nexec "{REAL}" "$@"')
    monkeypatch.setenv("HAL_KERNEL_CXX", str(path))
    ended = run(capfd, write_case(tmp_path / "case"), "--backend", "a2a3-sim", "--json")
    assert ended.status == 130
    assert ended.results[0]["stage"] == "compile"
    assert list(cache.iterdir()) == []


def test_kernels_are_built_as_hal_add_kernel_does(capfd, backend, tmp_path, cache, compiler):
    passes(capfd, write_case(tmp_path / "case"), backend)
    [command] = (tmp_path / "compiled").read_text().splitlines()
    defines = ("-D__CPU_SIM", f'-DHAL_KERNEL_BACKEND="{backend}"', '-DHAL_KERNEL_ENGINE="aiv"')
    for flag in (*_config.KERNEL_FLAGS, *defines):
        assert flag in command.split()


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
def test_gxx_makes_objects_that_can_be_unloaded():
    assert "-fno-gnu-unique" in Compiler.of("a2a3-sim", "aiv").flags or "clang" in REAL
    os.environ["HAL_KERNEL_CXX"] = "g++"
    try:
        assert "-fno-gnu-unique" in Compiler.of("a2a3-sim", "aiv").flags
    finally:
        del os.environ["HAL_KERNEL_CXX"]


def unusable_folders(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for_all = tmp_path / "for_all" / "npuhal" / "kernels"
    for_all.mkdir(parents=True)
    for_all.chmod(0o777)
    return {
        "a file is in the way": (file, "Not a directory"),
        "others may write": (tmp_path / "for_all", "others may write to it"),
    }


@pytest.mark.parametrize("why", ["a file is in the way", "others may write"])
def test_an_unusable_cache_folder_causes_a_note_and_nothing_is_left(capfd, backend, tmp_path, monkeypatch, why):
    folder, reason = unusable_folders(tmp_path)[why]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    ended = run(capfd, write_case(tmp_path / "case"), "--backend", backend, "--repeat", "2", "--json")
    assert ended.status == 0
    notes = [note for result in ended.results for note in result["notes"]]
    assert len(notes) == 1 and str(folder) in notes[0] and reason in notes[0]
    assert list(temporary.iterdir()) == []


def test_a_cache_folder_that_is_removed_is_made_again(tmp_path, cache):
    folder = write_case(tmp_path / "case")
    kernel = kernel_of(folder)
    with ObjectCache("a2a3-sim") as objects:
        first = objects.object_of(kernel)
        shutil.rmtree(cache)
        assert objects.object_of(kernel) == first and first.exists()


def test_a_relative_cache_folder_is_ignored_as_its_specification_says(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    with ObjectCache("a2a3-sim") as objects:
        made = objects.object_of(kernel_of(write_case(tmp_path / "case")))
    assert made.is_relative_to(tmp_path / ".cache" / "npuhal" / "kernels")


def kernel_of(folder, engine="aiv"):
    sources = tuple(sorted((folder / "kernels").glob("*.cpp")))
    return Kernel(sources, "add_one", engine, 1, None, None, ())


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    """Sets up a toolkit whose compiler writes its arguments into the object."""
    home = tmp_path / "toolkit"
    (home / "bin").mkdir(parents=True)
    script(home / "bin" / "bisheng", 'out=; last=\nfor a; do [ "$last" != -o ] || out=$a; last=$a; done\n'
           'if [ -n "$out" ]; then echo "$@" >"$out"; else echo "$@"; fi')
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("ASCEND_HOME_PATH", str(home))
    monkeypatch.delenv("ASCEND_TOOLKIT_HOME", raising=False)
    return home


@pytest.mark.parametrize(
    ("backend", "engine", "arch"),
    [
        ("a2a3-onboard", "aiv", "dav-c220-vec"),
        ("a2a3-onboard", "aic", "dav-c220-cube"),
        ("a5-onboard", "aiv", "dav-c310-vec"),
        ("a5-onboard", "aic", "dav-c310-cube"),
    ],
)
def test_the_vendors_compiler_compiles_kernels_for_onboard_backends(tmp_path, cache, vendor, backend, engine, arch):
    with ObjectCache(backend) as objects:
        made = objects.object_of(kernel_of(write_case(tmp_path / "case"), engine))
    command = made.read_text().split()
    assert made.suffix == ".o"
    assert command[:2] == ["-x", "cce"] and f"--cce-aicore-arch={arch}" in command and "-c" in command
    assert f'-DHAL_KERNEL_BACKEND="{backend}"' in command and f'-DHAL_KERNEL_ENGINE="{engine}"' in command


def test_without_the_vendors_compiler_the_hint_has_the_next_step(tmp_path, cache, vendor, monkeypatch):
    kernel = kernel_of(write_case(tmp_path / "case"))
    monkeypatch.setenv("ASCEND_HOME_PATH", str(tmp_path))
    with ObjectCache("a5-onboard") as objects, pytest.raises(CaseError, match="set_env.sh"):
        objects.object_of(kernel)
    monkeypatch.setenv("HAL_CCE_COMPILER", str(vendor / "bin" / "bisheng"))
    with ObjectCache("a5-onboard") as objects:
        assert objects.object_of(kernel).exists()


def test_an_unknown_chip_is_refused_and_the_known_ones_are_named(tmp_path, cache, vendor):
    kernel = kernel_of(write_case(tmp_path / "case"))
    for backend, chip in [("nonsense-onboard", "nonsense"), ("a5x-onboard", "a5x"), ("-onboard", "")]:
        with ObjectCache(backend) as objects, pytest.raises(CaseError) as refused:
            objects.object_of(kernel)
        assert f'for {backend}: unknown chip "{chip}"\n' in str(refused.value)
        assert "one of these chips: a2a3, a5." in str(refused.value)


def test_onboard_backends_take_one_source_and_no_aicpu(tmp_path, cache, vendor):
    folder = write_case(tmp_path / "case", add_one=ADD_ONE, two="")
    with ObjectCache("a2a3-onboard") as objects:
        with pytest.raises(CaseError, match="takes one kernel source, not 2"):
            objects.object_of(kernel_of(folder))
        with pytest.raises(CaseError, match="kernels for aicpu cannot be compiled"):
            objects.object_of(kernel_of(folder, "aicpu"))
