"""Time of catenary.optim's step over the best that torch.optim has, class by class.

    python benchmarks/torch_face.py [--workloads NAME ...] [--threads 2] [--rounds 15]

The best is fused where torch has it, else foreach. Whole calls of ``step()`` and ``zero_grad()``,
interleaved in one run, medians; gradients are newly allocated before each call, outside the timed
region. Only the ratios mean anything.
"""

from __future__ import annotations

import argparse
import gc
import inspect
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from report import write
from workloads import WORKLOADS, Shape

from catenary import optim

CASES: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 1e-3, "momentum": 0.9},
    "Adam": {},
    "AdamW": {},
    "NAdam": {},
    "RAdam": {},
    "Adamax": {},
    "Adagrad": {},
    "Adadelta": {},
    "RMSprop": {},
    "Rprop": {},
    "ASGD": {},
}


def make(kind: Any, shapes: list[Shape], words: dict[str, Any]) -> tuple[Any, list[torch.Tensor]]:
    """Return an optimizer and its tensors, the same for both sides."""
    draws = torch.Generator().manual_seed(0)
    tensors = [torch.nn.Parameter(torch.randn(s, generator=draws) * 0.05) for s in shapes]
    return kind(tensors, **words), list(tensors)


def spent(opt: Any, tensors: list[torch.Tensor], gradients: list[torch.Tensor]) -> float:
    """Return the milliseconds that a step took."""
    torch.autograd.backward(tensors, gradients)
    start = time.perf_counter()
    opt.step()
    opt.zero_grad()
    return (time.perf_counter() - start) * 1e3


def measure(name: str, shapes: list[Shape], rounds: int) -> str:
    """Return the ratio, and what of torch it was measured against."""
    theirs = getattr(torch.optim, name)
    best = "fused" if "fused" in inspect.signature(theirs).parameters else "foreach"
    sides = [
        make(getattr(optim, name), shapes, CASES[name]),
        make(theirs, shapes, {**CASES[name], best: True}),
    ]
    draws = torch.Generator().manual_seed(1)
    gradients = [torch.randn(s, generator=draws) * 0.01 for s in shapes]
    times: list[list[float]] = [[], []]
    gc.disable()
    for turn in range(rounds + 3):
        pairs = list(zip(sides, times, strict=True))
        for side, held in pairs if turn % 2 else reversed(pairs):
            held.append(spent(*side, gradients))
    gc.enable()
    ours, peer = (statistics.median(held[3:]) for held in times)
    params = zip(sides[0][1], sides[1][1], strict=True)
    agree = all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in params)
    return f"{ours / peer:.2f}{'' if agree else ' (differs)'} ({best})"


def main() -> None:
    """Measure every class on every workload, print the table and write it."""
    parser = argparse.ArgumentParser(description="catenary.optim against torch.optim.")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    chosen = options.workloads or ["ResNet-50, 25.6M", "1,000 x 1,000", "MLP, 90k"]
    lines = [f"| optimizer | {' | '.join(chosen)} |", "|---|" + "---|" * len(chosen)]
    for name in CASES:
        cells = [measure(name, WORKLOADS[load](), options.rounds) for load in chosen]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    about = f"{options.threads} threads; medians of {options.rounds} rounds"
    write(options.out / "torch_face.md", "catenary.optim over torch.optim", about, lines)


if __name__ == "__main__":
    main()
