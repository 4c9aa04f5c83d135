"""Time of a whole training iteration over the raw torch loop's with a fused optimizer.

    python benchmarks/training_iteration.py [--chainer .oracle/bin/python] [--rounds 40]

Forward, backward and Adam on an MLP (784-1000-1000-10, batch 100) and on a small VGG (3 x 32 x 32,
batch 32). *torch module* is the same module with catenary.optim.Adam in place of torch's fused one;
*Link* is Chainer's way, ``optimizer.update(model, x, t)``; *Chainer* is the original in a process
beside this one. Interleaved in one run, medians; only the ratios mean anything.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers import Process
from report import write
from torch import nn

import catenary.functions as F
import catenary.links as L
from catenary import Chain, ChainList, optim, optimizers

CHAINER = """
import json, sys, time
import numpy as np
import chainer, chainer.functions as F, chainer.links as L

kind = json.loads(sys.argv[1])


class Mlp(chainer.ChainList):
    def __init__(self):
        super().__init__(L.Linear(784, 1000), L.Linear(1000, 1000), L.Linear(1000, 10))

    def forward(self, x):
        for layer in self[:-1]:
            x = F.relu(layer(x))
        return self[-1](x)


class Vgg(chainer.ChainList):
    def __init__(self):
        widths = [3, 64, 64, 128, 128]
        layers = [L.Convolution2D(a, b, 3, pad=1) for a, b in zip(widths, widths[1:])]
        super().__init__(*layers, L.Linear(128 * 8 * 8, 10))

    def forward(self, x):
        for i, layer in enumerate(self[:-1]):
            x = F.relu(layer(x))
            if i % 2:
                x = F.max_pooling_2d(x, 2)
        return self[-1](x)


model = L.Classifier(Mlp() if kind == "mlp" else Vgg(), accfun=None)
model.compute_accuracy = False
opt = chainer.optimizers.Adam().setup(model)
shape = (100, 784) if kind == "mlp" else (32, 3, 32, 32)
x = np.random.rand(*shape).astype("f")
t = (np.arange(len(x)) % 10).astype("i")
opt.update(model, x, t)
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    opt.update(model, x, t)
    print((time.perf_counter() - start) * 1e3, flush=True)
"""


class Mlp(ChainList):
    """784-1000-1000-10."""

    def __init__(self) -> None:
        super().__init__(L.Linear(784, 1000), L.Linear(1000, 1000), L.Linear(1000, 10))

    def forward(self, x: Any) -> Any:
        """Return the scores."""
        for layer in self[:-1]:
            x = F.relu(layer(x))
        return self[-1](x)


class Vgg(ChainList):
    """Four convolutions and a linear layer."""

    def __init__(self) -> None:
        widths = [3, 64, 64, 128, 128]
        layers = [L.Convolution2D(a, b, 3, pad=1) for a, b in itertools.pairwise(widths)]
        super().__init__(*layers, L.Linear(128 * 8 * 8, 10))

    def forward(self, x: Any) -> Any:
        """Return the scores."""
        for i, layer in enumerate(self[:-1]):
            x = F.relu(layer(x))
            if i % 2:
                x = F.max_pooling_2d(x, 2)
        return self[-1](x)


def module(kind: str) -> nn.Module:
    """Return the same network in torch's words."""
    if kind == "mlp":
        return nn.Sequential(
            nn.Linear(784, 1000), nn.ReLU(), nn.Linear(1000, 1000), nn.ReLU(), nn.Linear(1000, 10)
        )
    layers: list[nn.Module] = []
    for i, (a, b) in enumerate([(3, 64), (64, 64), (64, 128), (128, 128)]):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU()]
        if i % 2:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 8 * 8, 10))


def torch_side(
    kind: str, make: Callable[[nn.Module], torch.optim.Optimizer]
) -> Callable[[], float]:
    """Return an iteration of the raw torch loop."""
    net = module(kind)
    opt = make(net)
    x = torch.rand((100, 784) if kind == "mlp" else (32, 3, 32, 32))
    t = torch.arange(len(x)) % 10

    def iterate() -> float:
        start = time.perf_counter()
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), t).backward()
        opt.step()
        return (time.perf_counter() - start) * 1e3

    return iterate


def link_side(kind: str) -> Callable[[], float]:
    """Return an iteration in Chainer's words."""
    model: Chain = L.Classifier(Mlp() if kind == "mlp" else Vgg(), accfun=None)
    model.compute_accuracy = False
    opt = optimizers.Adam().setup(model)
    x = np.random.rand(*((100, 784) if kind == "mlp" else (32, 3, 32, 32))).astype("f")
    t = (np.arange(len(x)) % 10).astype("i")

    def iterate() -> float:
        start = time.perf_counter()
        opt.update(model, x, t)
        return (time.perf_counter() - start) * 1e3

    return iterate


def measure(kind: str, rounds: int, chainer: str | None) -> str:
    """Return one line of the table."""
    sides = {
        "torch": torch_side(kind, lambda net: torch.optim.Adam(net.parameters(), fused=True)),
        "module": torch_side(kind, optim.Adam),
        "link": link_side(kind),
    }
    original = None if chainer is None else Process(chainer, CHAINER, kind)
    if original is not None:
        sides["chainer"] = original.step
    times: dict[str, list[float]] = {side: [] for side in sides}
    gc.disable()
    for _ in range(rounds + 3):
        for side, iterate in sides.items():
            times[side].append(iterate())
    gc.enable()
    if original is not None:
        original.close()
    medians = {side: statistics.median(spent[3:]) for side, spent in times.items()}
    cells = [f"{medians[side] / medians['torch']:.2f}" for side in ("module", "link")]
    faster = f"{medians['chainer'] / medians['link']:.1f}" if "chainer" in medians else "–"
    return f"| {kind} | {' | '.join(cells)} | {faster} |"


def main() -> None:
    """Measure both networks, print the table and write it."""
    parser = argparse.ArgumentParser(description="A training iteration against its peers.")
    parser.add_argument("--networks", nargs="+", default=["mlp", "vgg"], choices=["mlp", "vgg"])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--chainer", help="a Python that has Chainer 7.8.1")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    lines = [
        "| network | torch module / torch | Link / torch | Chainer 7.8.1 / Link |",
        "|---|---|---|---|",
    ]
    for kind in options.networks:
        lines.append(measure(kind, options.rounds, options.chainer))
        print(lines[-1], flush=True)
    about = f"{options.threads} threads; medians of {options.rounds} rounds"
    title = "A training iteration with Adam"
    write(options.out / "training_iteration.md", title, about, lines)


if __name__ == "__main__":
    main()
