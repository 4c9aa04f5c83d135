"""What the host does: its share of a step, compilations, and the import.

    python benchmarks/host.py [--rounds 300] [--threads 1] [--out FOLDER]

*Share of a step*: a step over parameters of one value each, so that hardly anything is computed: in
microseconds, and over the same step of torch's fused optimizer. Gradients are newly allocated by a
backward pass before each step and cleared outside the timed region. *Compiled*: what the first
step takes longer than the second, a program; and how many programs are compiled after the first
step while every hyperparameter changes at each. *Import*: what `import catenary` and its rooms add
to `import torch`, in processes of their own. Medians.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from optimizer_step import Model, Ours, Theirs
from report import write
from workloads import Shape

from catenary.kernel.compiler import compiled, compiled_count
from catenary.optimizers import Adam, MomentumSGD

IMPORTS = {
    "catenary": "import catenary",
    "catenary.optim": "import catenary.optim",
    "catenary.optimizers": "import catenary.optimizers",
    "what a Chainer program imports": (
        "import catenary, catenary.functions, catenary.links, catenary.training"
    ),
}


class Module(torch.nn.Module):
    """Parameters of given shapes, as torch's."""

    def __init__(self, shapes: list[Shape]) -> None:
        super().__init__()
        self.held = torch.nn.ParameterList(torch.randn(shape) * 0.05 for shape in shapes)


def microseconds(side: Any, gradients: list[torch.Tensor]) -> float:
    """Return what one step takes, without clearing."""
    for tensor in side.tensors:
        tensor.grad = None
    side.give(gradients)
    start = time.perf_counter()
    side.update()
    return (time.perf_counter() - start) * 1e6


def share(target: str, count: int, *, realistic: bool, rounds: int) -> str:
    """Return a line of the table of the host's shares."""
    shapes: list[Shape] = [(1,)] * count
    model: Any = {"Link": Model, "torch module": Module}[target](shapes)
    ours = Ours(MomentumSGD(), model, realistic=realistic)
    twins: list[torch.Tensor] = [torch.nn.Parameter(held.detach().clone()) for held in ours.tensors]
    theirs = Theirs("MomentumSGD", twins, realistic=realistic)
    fresh = [torch.ones(1)] * count
    spent: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    for _ in range(rounds + 3):
        for side, times in zip((ours, theirs), spent, strict=True):
            times.append(microseconds(side, fresh))
    gc.enable()
    mine, others = (statistics.median(times[3:]) for times in spent)
    work = "realistic" if realistic else "plain"
    return f"| {count:,} | {target} | {work} | {mine:.0f} | {mine / others:.2f} |"


def compilation(kind: Any, *, realistic: bool) -> str:
    """Return a line about the programs of an optimizer: how long they compile, and how often."""
    compiled.cache_clear()
    model, count = Model([(8,)]), compiled_count()
    side = Ours(kind(), model, realistic=realistic)
    first = microseconds(side, [torch.ones(8)])
    programs = compiled_count() - count
    again = microseconds(side, [torch.ones(8)])
    for i in range(10):
        for name in kind.specs:
            if isinstance(getattr(side.optimizer, name), float):
                setattr(side.optimizer, name, 0.5 + i / 100)
        microseconds(side, [torch.ones(8)])
    later = compiled_count() - count - programs
    each = (first - again) / 1e3 / programs
    work = "realistic" if realistic else "plain"
    return f"| {kind.__name__} | {work} | {programs} | {each:.0f} | {later} |"


def imported(statement: str, rounds: int) -> float:
    """Return the seconds that a statement takes in a process that has imported torch."""
    program = (
        f"import time, torch\nstart = time.perf_counter()\n{statement}\n"
        f"print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", program]
    return statistics.median(
        float(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(rounds)
    )


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description="What the host does.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--counts", type=int, nargs="+", default=[161, 1000])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    lines = ["| tensors | target | work | µs a step | ours / torch |", "|---|---|---|---|---|"]
    for count, target in itertools.product(options.counts, ("Link", "torch module")):
        lines += [
            share(target, count, realistic=realistic, rounds=options.rounds)
            for realistic in (False, True)
        ]
    lines += ["", "| optimizer | work | programs | ms to compile one | compiled later |"]
    lines += ["|---|---|---|---|---|"]
    for kind in (MomentumSGD, Adam):
        lines += [compilation(kind, realistic=realistic) for realistic in (False, True)]
    lines += ["", "| import, after torch | seconds |", "|---|---|"]
    for name, statement in IMPORTS.items():
        lines.append(f"| {name} | {imported(statement, min(options.rounds, 5)):.3f} |")
    print("\n".join(lines))
    about = f"{options.threads} threads, medians of {options.rounds} rounds"
    write(options.out / "host.md", "What the host does", about, lines)


if __name__ == "__main__":
    main()
