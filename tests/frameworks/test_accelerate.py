"""`catenary.optim` prepared by Accelerate, against torch.optim prepared by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from catenary import optim

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]
WORDS = {"lr": 0.01, "weight_decay": 0.1}


@pytest.fixture(autouse=True)
def fresh() -> Any:
    """Accelerate keeps its state in the process."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def prepared(home: Any, **options: Any) -> tuple[Any, Any, Any, Any, Any]:
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(cpu=True, **options)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    opt = home.AdamW(model.parameters(), **WORDS)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 12)
    x = torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=16)
    return (accelerator, *accelerator.prepare(model, opt, schedule, loader))


def train(parts: tuple[Any, ...], epochs: range) -> list[float]:
    accelerator, model, opt, schedule, loader = parts
    losses = []
    for _ in epochs:
        for x, y in loader:
            with accelerator.accumulate(model):
                loss = F.mse_loss(model(x), y)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 0.5)
                opt.step()
                schedule.step()
                opt.zero_grad()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize(
    "options",
    [{}, {"mixed_precision": "bf16"}, {"gradient_accumulation_steps": 2}],
    ids=["plain", "mixed", "accumulated"],
)
def test_the_same_curve_as_torchs(options: dict[str, Any]) -> None:
    runs = [train(prepared(home, **options), range(3)) for home in (optim, torch.optim)]
    torch.testing.assert_close(*runs, rtol=1e-4, atol=1e-5)
    assert sum(runs[0][-4:]) < sum(runs[0][:4])


def test_saved_and_resumed_by_accelerate(tmp_path: Path) -> None:
    parts = prepared(optim)
    train(parts, range(2))
    parts[0].save_state(str(tmp_path))
    wanted = train(parts, range(2, 4))
    again = prepared(optim)
    again[0].load_state(str(tmp_path))
    assert train(again, range(2, 4)) == wanted


def test_what_accelerate_prepared_is_still_ours() -> None:
    _, _, opt, _, _ = prepared(optim)
    assert isinstance(opt.optimizer, optim.AdamW)
    assert isinstance(opt, torch.optim.Optimizer)
