"""Builds the one compiled file: the thread pool, and what asks many tensors at once.

Everything else stands in pyproject.toml.
"""

import hashlib
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel


class PlatformWheel(bdist_wheel):
    """There is no Python in it, so one wheel a platform serves every version of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        """Name the wheel py3-none-<platform>."""
        return "py3", "none", super().get_tag()[2]


SOURCES = ["src/catenary/kernel/pool.cc", "src/catenary/kernel/tensors.cc"]
# The library compares it with the sources beside the compiled file.
DIGEST = hashlib.sha256(b"".join(Path(path).read_bytes() for path in SOURCES)).hexdigest()

setup(
    cmdclass={"bdist_wheel": PlatformWheel},
    ext_modules=[
        Extension(
            "catenary.kernel._compiled",
            SOURCES,
            define_macros=[("CATENARY_SOURCES", f'"{DIGEST}"')],
            extra_compile_args=["-std=c++20", "-O2", "-pthread"],
            extra_link_args=["-pthread"],
            language="c++",
            optional=True,  # without a compiler kernels run on one thread, and say so
        )
    ],
)
