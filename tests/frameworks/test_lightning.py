"""`catenary.optim` inside Lightning's Trainer, against torch.optim inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from catenary import optim

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]


def batches() -> DataLoader:
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(64, 8, generator=draws)
    return DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=16)


def module_of(home: Any, kind: str, words: dict[str, Any], *, manual: bool = False) -> Any:
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.automatic_optimization = not manual
            self.net = torch.nn.Sequential(
                torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1)
            )
            self.losses: list[float] = []

        def training_step(self, batch: Any, place: int) -> Any:
            x, y = batch
            loss = F.mse_loss(self.net(x), y)
            self.losses.append(loss.item())
            if manual:
                opt = self.optimizers()
                opt.zero_grad()
                self.manual_backward(loss)
                self.clip_gradients(opt, 0.5, "norm")
                opt.step()
                self.lr_schedulers().step()
            return loss

        def configure_optimizers(self) -> Any:
            opt = getattr(home, kind)(self.net.parameters(), **words)
            schedule = torch.optim.lr_scheduler.OneCycleLR(opt, 0.05, total_steps=20)
            return [opt], [{"scheduler": schedule, "interval": "step"}]

    return Module()


def trainer_of(folder: Path, **options: Any) -> Any:
    import lightning

    return lightning.Trainer(
        accelerator="cpu", max_epochs=4, default_root_dir=folder, logger=False,
        enable_progress_bar=False, enable_model_summary=False, **options,
    )  # fmt: skip


WORDS: dict[str, dict[str, Any]] = {
    "AdamW": {"lr": 0.01, "weight_decay": 0.1},
    "SGD": {"lr": 0.01, "momentum": 0.9},
}
OPTIONS = {
    "plain": {},
    "mixed": {"precision": "bf16-mixed", "gradient_clip_val": 0.5},
    "true-bf16": {"precision": "bf16-true"},
    "by-value": {"gradient_clip_val": 0.1, "gradient_clip_algorithm": "value"},
    "accumulated": {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", WORDS)
def test_the_same_curve_as_torchs(kind: str, options: str, tmp_path: Path) -> None:
    runs = []
    for home in (optim, torch.optim):
        module = module_of(home, kind, WORDS[kind])
        trainer_of(tmp_path, enable_checkpointing=False, **OPTIONS[options]).fit(module, batches())
        runs.append((module.losses, list(module.net.parameters())))
    rough = options == "true-bf16"  # ours rounds once, torch's several times
    tolerance = {"rtol": 0.2, "atol": 0.1} if rough else {"rtol": 1e-4, "atol": 1e-5}
    torch.testing.assert_close(runs[0][0], runs[1][0], **tolerance)
    if not rough:
        torch.testing.assert_close(runs[0][1], runs[1][1], **tolerance)
    assert sum(runs[0][0][-4:]) < sum(runs[0][0][:4])


def test_manual_optimization(tmp_path: Path) -> None:
    runs = []
    for home in (optim, torch.optim):
        module = module_of(home, "AdamW", WORDS["AdamW"], manual=True)
        trainer_of(tmp_path, enable_checkpointing=False).fit(module, batches())
        runs.append(module.losses)
    torch.testing.assert_close(*runs, rtol=1e-5, atol=1e-6)


def test_resumed_from_lightnings_checkpoint(tmp_path: Path) -> None:
    whole = module_of(optim, "AdamW", WORDS["AdamW"])
    trainer_of(tmp_path, enable_checkpointing=False).fit(whole, batches())

    first = module_of(optim, "AdamW", WORDS["AdamW"])
    trainer = trainer_of(tmp_path, enable_checkpointing=False)
    trainer.fit_loop.max_epochs = 2
    trainer.fit(first, batches())
    trainer.save_checkpoint(tmp_path / "half.ckpt")
    second = module_of(optim, "AdamW", WORDS["AdamW"])
    trainer_of(tmp_path, enable_checkpointing=False).fit(
        second, batches(), ckpt_path=tmp_path / "half.ckpt"
    )
    assert first.losses + second.losses == whole.losses
    for mine, theirs in zip(second.net.parameters(), whole.net.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_torchs_lightning_checkpoint_is_taken_over(tmp_path: Path) -> None:
    runs = []
    for home in (optim, torch.optim):
        first = module_of(torch.optim, "AdamW", WORDS["AdamW"])
        trainer = trainer_of(tmp_path, enable_checkpointing=False)
        trainer.fit_loop.max_epochs = 2
        trainer.fit(first, batches())
        trainer.save_checkpoint(tmp_path / "half.ckpt")
        second = module_of(home, "AdamW", WORDS["AdamW"])
        trainer_of(tmp_path, enable_checkpointing=False).fit(
            second, batches(), ckpt_path=tmp_path / "half.ckpt"
        )
        runs.append(second.losses)
    torch.testing.assert_close(*runs, rtol=1e-5, atol=1e-6)
