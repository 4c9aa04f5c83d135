"""What a neighbour costs: a step with one core kept busy over the same step undisturbed.

    python benchmarks/busy_core.py [--workloads NAME ...] [--rounds 40] [--out FOLDER]

Realistic MomentumSGD, ours and torch's, on two threads. Median and worst step with the neighbour,
over the undisturbed median of the same side.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from optimizer_step import Model, Ours, Theirs
from report import write
from workloads import WORKLOADS, Shape

from catenary.optimizers import MomentumSGD


def times(side: Any, shapes: list[Shape], rounds: int) -> list[float]:
    """Return the milliseconds of each step."""
    spent = []
    for _ in range(rounds + 3):
        side.give([torch.randn(shape) * 0.01 * side.scale() for shape in shapes])
        start = time.perf_counter()
        side.step()
        spent.append((time.perf_counter() - start) * 1e3)
    return spent[3:]


def beside_a_neighbour(measure: Callable[[], list[float]]) -> list[float]:
    """Measure while another process keeps a core busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
        try:
            return measure()
        finally:
            neighbour.kill()


def compare(workload: str, rounds: int) -> list[str]:
    """Return a line of the table for each side."""
    shapes = WORKLOADS[workload]()
    ours = Ours(MomentumSGD(), Model(shapes), realistic=True)
    twins: list[torch.Tensor] = [torch.nn.Parameter(held.detach().clone()) for held in ours.tensors]
    lines = []
    for name, side in (
        ("catenary", ours),
        ("torch fused", Theirs("MomentumSGD", twins, realistic=True)),
    ):
        alone = statistics.median(times(side, shapes, rounds))
        beside = beside_a_neighbour(lambda side=side: times(side, shapes, rounds))  # type: ignore[misc]
        median, worst = statistics.median(beside) / alone, max(beside) / alone
        lines.append(f"| {workload} | {name} | {median:.2f} | {worst:.2f} |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Measure both sides alone and beside a busy neighbour."""
    parser = argparse.ArgumentParser(description="A step beside a busy core.")
    chosen = ["ResNet-50, 25.6M", "1,000 x 1,000"]
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=chosen)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(2)
    lines = ["| workload | side | median | worst |", "|---|---|---|---|"]
    for workload in options.workloads:
        lines += compare(workload, options.rounds)
    about = (
        f"2 threads, {options.rounds} rounds; realistic MomentumSGD with one core kept busy, over "
        "the undisturbed median of the same side"
    )
    write(options.out / "busy_core.md", "A step beside a busy core", about, lines)


if __name__ == "__main__":
    main()
