"""What a neighbour costs: a step with one core kept busy over the same step undisturbed.

    python benchmarks/busy_core.py [--rounds 40]

ResNet-50 shapes, realistic MomentumSGD, ours and torch's. Prints median and worst step with the
neighbour, over the undisturbed median.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import Any

import torch
from optimizer_step import Ours, Theirs
from workloads import resnet50

from catenary.optimizers import MomentumSGD


def times(side: Any, rounds: int) -> list[float]:
    """Return the milliseconds of each step."""
    spent = []
    for _ in range(rounds + 3):
        side.give([torch.randn(shape) * 0.01 * side.scale() for shape in resnet50()])
        start = time.perf_counter()
        side.step()
        spent.append((time.perf_counter() - start) * 1e3)
    return spent[3:]


def main() -> None:
    """Measure both sides alone and beside a busy neighbour."""
    parser = argparse.ArgumentParser(description="A step beside a busy core.")
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    ours = Ours(MomentumSGD(), resnet50(), realistic=True)
    twins: list[torch.Tensor] = [
        torch.nn.Parameter(held.detach().clone()) for held in ours.tensors
    ]
    theirs = Theirs("MomentumSGD", twins, realistic=True)
    sides = {"catenary": ours, "torch fused": theirs}
    alone = {name: statistics.median(times(side, rounds)) for name, side in sides.items()}
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for name, side in sides.items():
            beside = times(side, rounds)
            median, worst = statistics.median(beside), max(beside)
            print(f"{name}: median {median / alone[name]:.2f}, worst {worst / alone[name]:.2f}")
    finally:
        neighbour.kill()


if __name__ == "__main__":
    main()
