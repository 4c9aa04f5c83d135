"""What our layer over torch costs in an iteration of a small MLP; `calls.py` has single calls.

    python benchmarks/overhead.py [--threads 1 2] [--rounds 1200] [--out FOLDER]

Forward, backward and clearing the gradients of an MLP with batches of 100: ours as a Chain, torch's
as a raw loop over tensors and as modules, all fed with NumPy arrays. All sides take turns of 20
iterations in one run, and medians are compared: only ratios mean anything on a shared machine.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional as TF

from catenary import Chain, Variable, links
from catenary import functions as F

BATCH = 100
TURN = 20
NETWORKS = {"784-50-50-10": (784, 50, 50, 10), "50 throughout": (50, 50, 50, 50)}
Act = Callable[[], Any]


class MLP(Chain):
    """Three linear layers with rectifiers between them."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = links.Linear(sizes[0], sizes[1])
            self.l2 = links.Linear(sizes[1], sizes[2])
            self.l3 = links.Linear(sizes[2], sizes[3])

    def forward(self, x: Any) -> Variable:
        """Return the scores."""
        return cast("Variable", self.l3(F.relu(self.l2(F.relu(self.l1(x))))))


def in_turns(sides: Iterable[Act], rounds: int) -> list[list[float]]:
    """Call the sides turn by turn, in all orders, several times each, as a training loop does.

    What a side finds in the processor's caches depends on who came before. Returns the times in
    microseconds.
    """
    sides = list(sides)
    times: list[list[float]] = [[] for _ in sides]
    gc.collect()
    gc.disable()
    orders = itertools.cycle(itertools.permutations(zip(sides, times, strict=True)))
    for order in itertools.islice(orders, -(-rounds // TURN)):
        for side, spent in order:
            for _ in range(TURN):
                start = time.perf_counter()
                side()
                spent.append((time.perf_counter() - start) * 1e6)
    gc.enable()
    return times


def iterations(sizes: Sequence[int]) -> list[Act]:
    """Return one iteration of ours, of a raw torch loop and of torch modules, on equal values."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, sizes[0]), np.float32)
    t = rng.integers(0, sizes[-1], BATCH).astype(np.int32)
    model = MLP(sizes)
    model.cleargrads()

    def ours() -> Variable:
        loss = F.softmax_cross_entropy(model(x), t)
        loss.backward()
        model.cleargrads()
        return loss

    values = dict(model.namedparams())
    names = [f"/l{i}/{name}" for i in (1, 2, 3) for name in ("W", "b")]
    weights = [values[name].tensor.detach().clone().requires_grad_() for name in names]
    labels = t.astype(np.int64)

    def theirs() -> torch.Tensor:
        w1, b1, w2, b2, w3, b3 = weights
        y = torch.relu(TF.linear(torch.from_numpy(x), w1, b1))
        y = TF.linear(torch.relu(TF.linear(y, w2, b2)), w3, b3)
        loss = TF.cross_entropy(y, torch.from_numpy(labels))
        torch.autograd.backward(loss)
        for w in weights:
            w.grad = None
        return loss

    module = torch.nn.Sequential(
        torch.nn.Linear(sizes[0], sizes[1]),
        torch.nn.ReLU(),
        torch.nn.Linear(sizes[1], sizes[2]),
        torch.nn.ReLU(),
        torch.nn.Linear(sizes[2], sizes[3]),
    )
    module.load_state_dict(dict(zip(module.state_dict(), weights, strict=True)))

    def modules() -> torch.Tensor:
        loss = TF.cross_entropy(module(torch.from_numpy(x)), torch.from_numpy(labels))
        torch.autograd.backward(loss)
        module.zero_grad()
        return loss

    losses = [float(ours().array), float(theirs().detach()), float(modules().detach())]
    if max(losses) - min(losses) > 1e-5:
        raise AssertionError(f"the sides compute different losses: {losses}")
    return [ours, theirs, modules]


def measure(threads: int, rounds: int) -> dict[str, Any]:
    """Return the microseconds of an iteration of each network, by side."""
    torch.set_num_threads(threads)
    networks = {}
    load = os.getloadavg()[0]
    for name, sizes in NETWORKS.items():
        ours, raw, module = (statistics.median(s) for s in in_turns(iterations(sizes), rounds))
        row = {"ours_us": ours, "raw_us": raw, "module_us": module}
        networks[name] = row
        print(f"{name}, {threads} threads: {ours / raw:.3f} of raw, {ours / module:.3f} of modules")
    return {"threads": threads, "load": load, "networks": networks}


def text_of(results: list[dict[str, Any]]) -> str:
    """Return the results as Markdown."""
    machine = f"{platform.machine()}, torch {torch.__version__}, {time.strftime('%Y-%m-%d')}"
    busy = f"{results[0]['load']:.1f} other processes running"
    lines = ["# Overhead over torch", "", f"{machine}, {busy}; `python benchmarks/overhead.py`", ""]
    lines += ["| MLP, batch 100 | threads | ours / raw torch loop | ours / torch modules |"]
    lines += ["|---|---|---|---|"]
    for result in results:
        for name, row in result["networks"].items():
            raw, module = (row["ours_us"] / row[side] for side in ("raw_us", "module_us"))
            lines.append(f"| {name} | {result['threads']} | {raw:.2f} | {module:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write a table."""
    parser = argparse.ArgumentParser(description="What our layer over torch costs.")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=1200)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    results = [measure(threads, options.rounds) for threads in options.threads]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "overhead.json").write_text(json.dumps(results, indent=1) + "\n")
    (options.out / "overhead.md").write_text(text_of(results))


if __name__ == "__main__":
    main()
