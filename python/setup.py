# SPDX-License-Identifier: Apache-2.0
"""Builds all of libhal by CMake into the package's own folder; from the source tree only."""

import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYOUT = {
    "CMAKE_INSTALL_LIBDIR": "npuhal/lib",
    "CMAKE_INSTALL_BINDIR": "npuhal/bin",
    "CMAKE_INSTALL_INCLUDEDIR": "npuhal/include",
    "CMAKE_INSTALL_DATADIR": "npuhal/share",
    "CMAKE_INSTALL_DATAROOTDIR": "npuhal/share",
    "HAL_PYTHON_INSTALL_DIR": ".",
    "HAL_PYTHON": sys.executable,
    "HAL_BUILD_TESTS": "OFF",
    "HAL_BUILD_EXAMPLES": "OFF",
    "CMAKE_BUILD_TYPE": "RelWithDebInfo",
}


def version() -> str:
    """The project's, of CMakeLists.txt."""
    found = re.search(r"project\(libhal VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    assert found is not None
    return found.group(1)


class BuildByCMake(build_ext):  # type: ignore[misc]
    """Configures, builds and installs into the wheel."""

    def run(self) -> None:
        build = pathlib.Path(self.build_temp).resolve() / "cmake"
        prefix = pathlib.Path(self.build_lib).resolve()
        options = [f"-D{name}={value}" for name, value in LAYOUT.items()]
        subprocess.run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", build, *options], check=True)
        subprocess.run(["cmake", "--build", build], check=True)
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True)
        package = prefix / "npuhal"
        for unused in (package / "share", package / "lib" / "cmake", package / "lib" / "pkgconfig"):
            shutil.rmtree(unused)
        # A wheel has no links: each library once, by the name that it is looked for by.
        for link in [path for path in (package / "lib").iterdir() if path.is_symlink()]:
            target = link.resolve()
            link.unlink()
            if re.search(r"\.so\.\d+$", link.name):
                target.rename(link)


class BinaryDistribution(Distribution):  # type: ignore[misc]
    """For this machine only."""

    def has_ext_modules(self) -> bool:
        return True


SCRATCH = ROOT / "build" / "wheel-build"
SCRATCH.mkdir(parents=True, exist_ok=True)

setup(
    options={"build": {"build_base": str(SCRATCH)}, "egg_info": {"egg_base": str(SCRATCH)}},
    version=version(),
    packages=[],
    ext_modules=[Extension("npuhal._core", [])],
    cmdclass={"build_ext": BuildByCMake},
    distclass=BinaryDistribution,
)
