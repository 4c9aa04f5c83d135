"""Let the kernels for GPUs run on the CPU's memory, in Triton's interpreter."""

from __future__ import annotations

import numpy as np
import pytest

from catenary.kernel import launch
from catenary.kernel.triton import runner

__all__ = ["on_triton"]


@pytest.fixture
def on_triton(monkeypatch):
    """Take the CPU for a CUDA device."""
    pytest.importorskip("triton")
    monkeypatch.setattr(runner, "_is_cuda", lambda table: True)
    monkeypatch.setattr(launch, "can_compile", lambda table: False)
    with np.errstate(all="ignore"):  # the interpreter computes with NumPy
        yield
