"""Time of every built-in rule's plain step over its peers', on one set of shapes.

    python benchmarks/every_rule.py [--workload "ResNet-50, 25.6M"] [--rules NAME ...]
                                    [--rounds 9] [--chainer .oracle/bin/python]
                                    [--optax PYTHON] [--out FOLDER]

Peers: the best that torch has for the rule (fused, else foreach, else its loop), our own eager
backend, and, where interpreters are named that have them, Chainer 7.8.1 and optax (jitted, buffers
donated) in processes beside this one. All are interleaved in one run; medians; gradients are not
zero and stay in place, since other processes cannot share ours. *three lines* is a user's rule,
against torch's SGD.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from optimizer_step import Model
from peers import chainer_step, optax_step
from report import write
from workloads import WORKLOADS, Shape

from catenary import optimizers
from catenary.kernel import launch
from catenary.optimizer import FormulaRule, GradientMethod


class _ThreeLines(FormulaRule):
    @staticmethod
    def step(p: Any, g: Any, h: Any) -> Any:
        return p - 0.01 * g / (1 + abs(g))


class ThreeLines(GradientMethod):
    """A user's rule."""

    rule = _ThreeLines


Make = Callable[[list[torch.Tensor]], torch.optim.Optimizer]
torch_optim = torch.optim
PEERS: dict[str, tuple[str, Make]] = {
    "SGD": ("fused", lambda p: torch_optim.SGD(p, fused=True)),
    "MomentumSGD": ("fused", lambda p: torch_optim.SGD(p, momentum=0.9, fused=True)),
    "CorrectedMomentumSGD": ("fused", lambda p: torch_optim.SGD(p, momentum=0.9, fused=True)),
    "NesterovAG": ("fused", lambda p: torch_optim.SGD(p, momentum=0.9, nesterov=True, fused=True)),
    "AdaGrad": ("fused", lambda p: torch_optim.Adagrad(p, fused=True)),
    "AdaDelta": ("foreach", lambda p: torch_optim.Adadelta(p, foreach=True)),
    "RMSprop": ("foreach", lambda p: torch_optim.RMSprop(p, foreach=True)),
    "RMSpropGraves": (
        "foreach",
        lambda p: torch_optim.RMSprop(p, centered=True, momentum=0.9, foreach=True),
    ),
    "Adam": ("fused", lambda p: torch_optim.Adam(p, fused=True)),
    "AdamW": ("fused", lambda p: torch_optim.AdamW(p, fused=True)),
    "AMSGrad": ("fused", lambda p: torch_optim.Adam(p, amsgrad=True, fused=True)),
    "three lines": ("fused SGD", lambda p: torch_optim.SGD(p, fused=True)),
}


class Ours:
    """An optimizer of ours, compiled or eager."""

    def __init__(self, name: str, shapes: list[Shape], *, compiled: bool) -> None:
        kind = ThreeLines if name == "three lines" else getattr(optimizers, name)
        self.compiled = compiled
        model = Model(shapes)
        self.optimizer = kind().setup(model)
        for param in model.params():
            param.tensor.grad = torch.randn(param.shape) * 0.01

    def step(self) -> float:
        """Return the milliseconds that a step took."""
        may_compile = launch.can_compile
        if not self.compiled:
            launch.can_compile = lambda table: False
        try:
            start = time.perf_counter()
            self.optimizer.update()
            return (time.perf_counter() - start) * 1e3
        finally:
            launch.can_compile = may_compile


class Torch:
    """The best that torch has."""

    def __init__(self, make: Make, shapes: list[Shape]) -> None:
        params: list[torch.Tensor] = [
            torch.nn.Parameter(param.tensor.detach().clone()) for param in Model(shapes).params()
        ]
        for param in params:
            param.grad = torch.randn(param.shape) * 0.01
        self.optimizer = make(params)

    def step(self) -> float:
        """Return the milliseconds that a step took."""
        start = time.perf_counter()
        self.optimizer.step()
        return (time.perf_counter() - start) * 1e3


RULES = [*optimizers.__all__, "three lines"]


def measure(
    name: str, shapes: list[Shape], rounds: int, chainer: str | None, optax: str | None
) -> str:
    """Return one line of the table."""
    sides: dict[str, Any] = {"ours": Ours(name, shapes, compiled=True)}
    kind, make = PEERS.get(name, ("", None))
    if make is not None:
        sides["torch"] = Torch(make, shapes)
    sides["eager"] = Ours(name, shapes, compiled=False)
    if chainer is not None and name != "three lines":
        sides["chainer"] = chainer_step(chainer, name, shapes)
    beside = optax_step(optax, name, shapes) if optax is not None else None
    if beside is not None:
        sides["optax"] = beside
    times: dict[str, list[float]] = {side: [] for side in sides}
    gc.disable()
    for _ in range(rounds + 2):
        for side, runner in sides.items():
            times[side].append(runner.step())
    gc.enable()
    for side in sides.keys() & {"chainer", "optax"}:
        sides[side].close()
    medians = {side: statistics.median(spent[2:]) for side, spent in times.items()}
    ratios = [
        f"{medians['ours'] / medians[side]:.2f}" if side in medians else "–"
        for side in ("torch", "eager", "chainer", "optax")
    ]
    return f"| {name} | {kind or 'none'} | {' | '.join(ratios)} |"


def main() -> None:
    """Measure every rule, print the table and write it."""
    parser = argparse.ArgumentParser(description="Every built-in rule against its peers.")
    parser.add_argument("--workload", choices=WORKLOADS, default="ResNet-50, 25.6M")
    parser.add_argument("--rules", nargs="+", default=RULES, choices=RULES)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--chainer", help="a Python that has Chainer 7.8.1")
    parser.add_argument("--optax", help="a Python that has jax and optax")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shapes = WORKLOADS[options.workload]()
    lines = [
        "| rule | torch's best | ours / torch | ours / eager | ours / Chainer | ours / optax |",
        "|---|---|---|---|---|---|",
    ]
    for name in options.rules:
        lines.append(measure(name, shapes, options.rounds, options.chainer, options.optax))
        print(lines[-1], flush=True)
    about = f"{options.workload}, {options.threads} threads; medians of {options.rounds} rounds"
    write(options.out / "every_rule.md", "Every rule, plain step", about, lines)


if __name__ == "__main__":
    main()
