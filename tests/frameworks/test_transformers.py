"""`catenary.optim` in the Transformers `Trainer`: by class and arguments, and as an instance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from catenary import optim

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]
WORDS = {"lr": 1e-3, "betas": (0.9, 0.95), "weight_decay": 0.1}


def model_of() -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = GPT2Config(
        vocab_size=32, n_positions=16, n_embd=16, n_layer=1, n_head=2, bos_token_id=0,
        eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    return GPT2LMHeadModel(sizes)


def sentences() -> list[dict[str, torch.Tensor]]:
    starts = torch.randint(32, (32,), generator=torch.Generator().manual_seed(0)).tolist()
    rows = [(torch.arange(16) * 3 + start) % 32 for start in starts]
    return [{"input_ids": row, "labels": row.clone()} for row in rows]


def trainer_of(folder: Path, model: Any, *, steps: int = 12, **words: Any) -> Any:
    from transformers import Trainer, TrainingArguments

    options = {key: words.pop(key) for key in ("bf16", "save_steps") if key in words}
    arguments = TrainingArguments(
        output_dir=str(folder), max_steps=steps, per_device_train_batch_size=8, logging_steps=1,
        report_to=[], use_cpu=True, disable_tqdm=True, max_grad_norm=0.5, seed=0,
        save_strategy="steps" if "save_steps" in options else "no", **options,
    )  # fmt: skip
    return Trainer(model=model, args=arguments, train_dataset=sentences(), **words)


def losses_of(trainer: Any) -> list[float]:
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def run(folder: Path, model: Any, **words: Any) -> tuple[list[float], list[torch.Tensor]]:
    trainer = trainer_of(folder, model, **words)
    trainer.train()
    return losses_of(trainer), [param.detach() for param in model.parameters()]


@pytest.mark.parametrize("bf16", [False, True])
def test_by_class_and_arguments(bf16: bool, tmp_path: Path) -> None:
    """The Trainer makes the groups, without decay for biases and norms, and the scheduler."""
    runs = [
        run(tmp_path, model_of(), optimizer_cls_and_kwargs=(home.AdamW, WORDS), bf16=bf16)
        for home in (optim, torch.optim)
    ]
    torch.testing.assert_close(runs[0][0], runs[1][0], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(runs[0][1], runs[1][1], rtol=1e-2, atol=1e-4)
    assert sum(runs[0][0][-4:]) < sum(runs[0][0][:4])


def test_any_class_by_name_of_class(tmp_path: Path) -> None:
    for kind, words in {"Lion": {"lr": 1e-4}, "Muon": {"lr": 2e-3}}.items():
        chosen = (getattr(optim, kind), words)
        losses, _ = run(tmp_path, model_of(), optimizer_cls_and_kwargs=chosen)
        assert losses[-1] < losses[0], kind


def test_an_instance_with_a_scheduler(tmp_path: Path) -> None:
    runs = []
    for home in (optim, torch.optim):
        model = model_of()
        opt = home.AdamW(model.parameters(), **WORDS)
        pair = (opt, torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.1, 12))
        runs.append(run(tmp_path, model, optimizers=pair))
    torch.testing.assert_close(runs[0][0], runs[1][0], rtol=1e-3, atol=1e-3)


def test_resumed_from_the_trainers_checkpoint(tmp_path: Path) -> None:
    words = {"optimizer_cls_and_kwargs": (optim.AdamW, WORDS), "save_steps": 6}
    whole, wanted = run(tmp_path / "whole", model_of(), **words)
    trainer = trainer_of(tmp_path / "again", model_of(), **words)
    trainer.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-6"))
    assert losses_of(trainer) == whole
    for mine, theirs in zip(trainer.model.parameters(), wanted, strict=True):
        torch.testing.assert_close(mine.detach(), theirs, rtol=0, atol=0)
