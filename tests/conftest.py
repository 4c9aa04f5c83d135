"""What tests of every room share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from hypothesis import settings

from tests.oracle import harness

# Kernels for GPUs run in Triton's interpreter where there is no GPU. Triton asks once, when it is
# imported.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

# No deadline: on a busy machine a slow example says nothing about the code.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def python() -> Python:
    """Run code in a fresh interpreter: `python("print(1)").stdout`; a failure shows its words."""

    def run(
        code: str,
        *args: str,
        check: bool = True,
        options: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", *options, "-c", code, *args]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, **(env or {})},
        )
        if check and done.returncode:
            pytest.fail(f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    return run


@pytest.fixture
def oracle(tmp_path) -> harness.Oracle:
    """The original Chainer, to be asked by tests marked `oracle`; see `tests/oracle/harness.py`."""
    path = harness.find()
    if path is None:
        pytest.skip(harness.ABSENT)
    folder = tmp_path / "oracle"
    folder.mkdir()
    return harness.Oracle(path, folder)
