"""Time of our optimizer step over time of torch.optim's (fused=True), doing the same work.

    python benchmarks/optimizer_step.py [--threads 2 1] [--rounds 15] [--out FOLDER]

Whole calls, interleaved in one run, medians; gradients are fresh, not zero, and newly allocated by
a backward pass before each call, outside the timed region; clearing them is inside. *Plain* is the
bare update. *Realistic* is dynamic loss scale, finite check, clipping by the norm over the model,
weight decay, update. At the end both sides' parameters are compared. *Same mix* is our own engine
with the same streams and passes and no arithmetic to speak of: what memory and the host allow, and
*limit* its time over torch's. Only the ratios mean anything on a shared machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from report import write
from workloads import WORKLOADS, Shape

from catenary import Link, Parameter
from catenary.optimizer import FormulaRule, GradientMethod, slot
from catenary.optimizer_hooks import GradientClipping, WeightDecay
from catenary.optimizers import Adam, MomentumSGD

CLIP, DECAY = 1.0, 1e-4


class _OneState(FormulaRule):
    a = slot()

    @staticmethod
    def step(p: Any, g: Any, a: Any, h: Any) -> Any:
        return p + g, a + g


class _TwoStates(FormulaRule):
    a = slot()
    b = slot()

    @staticmethod
    def step(p: Any, g: Any, a: Any, b: Any, h: Any) -> Any:
        return p + g, a + g, b + g


class SameMixOne(GradientMethod):
    """Reads and writes what momentum does."""

    rule = _OneState


class SameMixTwo(GradientMethod):
    """Reads and writes what Adam does."""

    rule = _TwoStates


class Model(Link):
    """Parameters of given shapes."""

    def __init__(self, shapes: list[Shape]) -> None:
        super().__init__()
        rng = np.random.default_rng(0)
        with self.init_scope():
            for i, shape in enumerate(shapes):
                values = rng.standard_normal(shape, np.float32) * 0.05
                setattr(self, f"p{i:04d}", Parameter(values))


class Ours:
    """One side of the comparison: an optimizer of ours on a Link or a torch module."""

    def __init__(self, optimizer: GradientMethod, target: Any, *, realistic: bool) -> None:
        self.optimizer = optimizer.setup(target)
        self.params = list(self.optimizer._view.params())
        self.tensors = [param.tensor for param in self.params]
        if realistic:
            optimizer.add_hook(GradientClipping(CLIP))
            optimizer.add_hook(WeightDecay(DECAY))
            optimizer.loss_scaling()

    def scale(self) -> float:
        """Return what a loss would be multiplied by."""
        return float(self.optimizer._loss_scale or 1.0)

    def give(self, gradients: list[torch.Tensor]) -> None:
        """Let backward leave these gradients behind, in new memory."""
        torch.autograd.backward(self.tensors, gradients)
        for param in self.params:
            param.note_scale(self.optimizer._loss_scale)

    def update(self) -> None:
        """Update."""
        self.optimizer.update()

    def step(self) -> None:
        """Update and clear: what is timed."""
        self.update()
        for tensor in self.tensors:
            tensor.grad = None


class Theirs:
    """The other side: torch.optim, fused, with GradScaler and clip_grad_norm_ where realistic."""

    def __init__(self, name: str, params: list[torch.Tensor], *, realistic: bool) -> None:
        self.tensors = params
        decay = DECAY if realistic else 0.0
        if name == "MomentumSGD":
            self.optimizer: torch.optim.Optimizer = torch.optim.SGD(
                self.tensors, lr=0.01, momentum=0.9, weight_decay=decay, fused=True
            )
        else:
            self.optimizer = torch.optim.Adam(self.tensors, weight_decay=decay, fused=True)
        device = params[0].device.type
        self.scaler = torch.amp.GradScaler(device, init_scale=1.0) if realistic else None
        if self.scaler is not None:
            self.scaler.scale(torch.zeros(1, device=device))

    def scale(self) -> float:
        """Return what a loss would be multiplied by."""
        return 1.0 if self.scaler is None else float(self.scaler.get_scale())

    def give(self, gradients: list[torch.Tensor]) -> None:
        """Let backward leave these gradients behind, in new memory."""
        torch.autograd.backward(self.tensors, gradients)

    def update(self) -> None:
        """Update."""
        if self.scaler is None:
            self.optimizer.step()
        else:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.tensors, CLIP, foreach=True)
            self.scaler.step(self.optimizer)
            self.scaler.update()

    def step(self) -> None:
        """Update and clear: what is timed."""
        self.update()
        self.optimizer.zero_grad(set_to_none=True)


@dataclass
class Row:
    """One line of the table; times are medians in milliseconds."""

    workload: str
    optimizer: str
    work: str
    threads: int
    ours_ms: float
    torch_ms: float
    same_mix_ms: float
    ratio: float
    share_of_same_mix: float
    limit: float
    agree: bool


def compare(workload: str, name: str, *, realistic: bool, threads: int, rounds: int) -> Row:
    """Run three sides turn by turn and return their medians."""
    torch.set_num_threads(threads)
    shapes = WORKLOADS[workload]()
    make: dict[str, Callable[[], GradientMethod]] = {"MomentumSGD": MomentumSGD, "Adam": Adam}
    mix = {"MomentumSGD": SameMixOne, "Adam": SameMixTwo}[name]
    twins: list[torch.Tensor] = [
        torch.nn.Parameter(param.tensor.detach().clone()) for param in Model(shapes).params()
    ]
    sides: list[Any] = [
        Ours(make[name](), Model(shapes), realistic=realistic),
        Theirs(name, twins, realistic=realistic),
        Ours(mix(), Model(shapes), realistic=realistic),
    ]
    times: list[list[float]] = [[], [], []]
    gc.disable()
    for turn in range(rounds + 3):
        torch.manual_seed(turn)
        fresh = [torch.randn(shape) * 0.01 for shape in shapes]
        turns = list(zip(sides, times, strict=True))
        for side, spent in turns if turn % 2 else reversed(turns):
            side.give([gradient * side.scale() for gradient in fresh])
            start = time.perf_counter()
            side.step()
            spent.append((time.perf_counter() - start) * 1e3)
    gc.enable()
    ours, theirs, limit = (statistics.median(spent[3:]) for spent in times)
    tolerance = 1e-5 if name == "MomentumSGD" else 5e-3  # Adam's ε stands elsewhere in torch
    agree = all(
        torch.allclose(a.detach(), b.detach(), rtol=tolerance, atol=tolerance)
        for a, b in zip(sides[0].tensors, sides[1].tensors, strict=True)
    )
    work = "realistic" if realistic else "plain"
    return Row(
        workload=workload,
        optimizer=name,
        work=work,
        threads=threads,
        ours_ms=ours,
        torch_ms=theirs,
        same_mix_ms=limit,
        ratio=ours / theirs,
        share_of_same_mix=limit / ours,
        limit=limit / theirs,
        agree=agree,
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| workload | optimizer | work | threads | ours / torch | limit | share of it | agree |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.workload} | {row.optimizer} | {row.work} | {row.threads} | {row.ratio:.2f} | "
        f"{row.limit:.2f} | {row.share_of_same_mix:.2f} | {'yes' if row.agree else 'NO'} |"
        for row in rows
    ]
    return "\n".join(lines)


def draw(rows: list[Row], path: Path) -> None:
    """Draw the ratios as bars; below the line we are faster."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 0.34 * len(rows) + 1.6), layout="constrained")
    labels = [f"{r.workload}, {r.optimizer}, {r.work}, {r.threads} thr." for r in rows]
    axes.axvline(1.0, color="#444444", linewidth=1, zorder=0)
    for work, color in (("plain", "#2a6f97"), ("realistic", "#52a675")):
        chosen = [i for i, row in enumerate(rows) if row.work == work]
        bars = axes.barh(chosen, [rows[i].ratio for i in chosen], color=color, label=work)
        axes.bar_label(bars, fmt="%.2f", label_type="center", color="white")
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xlabel("time of catenary / time of torch.optim (fused=True)")
    axes.invert_yaxis()
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=130)


def main() -> None:
    """Measure, print the table, and write it with a picture."""
    parser = argparse.ArgumentParser(description="Our optimizer step against torch's fused one.")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    rows = []
    for threads in options.threads:
        for workload in options.workloads:
            for name in ("MomentumSGD", "Adam"):
                for realistic in (False, True):
                    row = compare(
                        workload, name, realistic=realistic, threads=threads, rounds=options.rounds
                    )
                    rows.append(row)
                    print(table([row]).splitlines()[-1], flush=True)
    write(
        options.out / "optimizer_step.md",
        "Optimizer step",
        f"medians of {options.rounds} rounds",
        table(rows).splitlines(),
    )
    (options.out / "optimizer_step.json").write_text(
        json.dumps([asdict(r) for r in rows], indent=1)
    )
    draw(rows, options.out / "optimizer_step.png")
    print(f"\n{table(rows)}\n\nwritten to {options.out}")


if __name__ == "__main__":
    main()
