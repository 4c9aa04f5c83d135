"""`benchmarks/gpu.py` is ready for whoever has a GPU: here it runs on the CPU's memory."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
import torch

from tests.triton.device import on_triton

__all__ = ["on_triton"]


@pytest.fixture
def gpu(monkeypatch, on_triton):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    for name in ("gpu", "optimizer_step", "workloads"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("gpu")


@pytest.mark.parametrize("realistic", [False, True])
@pytest.mark.parametrize("name", ["MomentumSGD", "Adam"])
def test_a_row_is_measured(name, realistic, gpu):
    cpu = torch.device("cpu")
    row = gpu.compare("tiny", [(3, 4), (5,)], name, realistic=realistic, dtype=torch.float32,
                      device=cpu, rounds=1, bandwidth=gpu.copy_bandwidth(cpu, 1))  # fmt: skip
    assert row.largest_difference_from_cpu == 0
    assert row.ratio > 0
    assert row.share_of_copy > 0
    assert "| tiny |" in gpu.table([row])


def test_without_a_gpu_it_says_so(gpu, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--out", str(tmp_path)])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="no CUDA device"):
        gpu.main()
    assert not list(tmp_path.iterdir())
