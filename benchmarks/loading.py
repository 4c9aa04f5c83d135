"""What loading costs: the loader's share of an iteration, and its time over the original's.

    python benchmarks/loading.py [--chainer .oracle/bin/python] [--rounds 300] [--out FOLDER]

*Share*: taking a batch and stacking it, over a whole iteration of an MNIST MLP (784-1000-1000-10,
batches of 100, forward, backward and Adam). *Kinds of datasets*: the same two calls, over copying
the bytes of the batch once, which is the least possible; a row says how examples lie in memory.
*Original*: the same two calls under the original, Chainer 7.8.1. Images are random: no loader looks
at them. Medians of interleaved runs; only ratios mean anything on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers import once
from report import write

from catenary import Chain, datasets, iterators, links, optimizers
from catenary import functions as F
from catenary.dataset import concat_examples

BATCH = 100

THEIRS = """
import json, statistics, time
import numpy as np
from chainer import dataset, datasets, iterators
x = np.random.rand({size}, 784).astype(np.float32)
t = np.random.randint(0, 10, {size}).astype(np.int32)
spent = {{}}
for name, data in (
    ("tuples", datasets.TupleDataset(x, t)),
    ("dictionaries", datasets.DictDataset(x=x, t=t)),
    ("images alone", x),
    ("a part", datasets.split_dataset_random(datasets.TupleDataset(x, t), {size} - 1)[0]),
):
    iterator, times = iterators.SerialIterator(data, {batch}), []
    for _ in range({rounds}):
        start = time.perf_counter()
        dataset.concat_examples(iterator.next())
        times.append(time.perf_counter() - start)
    spent[name] = statistics.median(times) * 1e6
print(json.dumps(spent))
"""


class MLP(Chain):
    """Three linear layers with rectifiers between them."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = links.Linear(784, 1000)
            self.l2 = links.Linear(1000, 1000)
            self.l3 = links.Linear(1000, 10)

    def forward(self, x: Any) -> Any:
        """Return the scores."""
        return self.l3(F.relu(self.l2(F.relu(self.l1(x)))))


def microseconds(act: Callable[[], Any]) -> float:
    """Return what one call takes."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1e6


def sources(size: int) -> dict[str, Any]:
    """Return the same images in datasets of different kinds."""
    x = np.random.rand(size, 784).astype(np.float32)
    t = np.random.randint(0, 10, size).astype(np.int32)
    pairs = datasets.TupleDataset(x, t)
    return {
        "tuples": pairs,
        "dictionaries": datasets.DictDataset(x=x, t=t),
        "images alone": x,
        "a part": datasets.split_dataset_random(pairs, size - 1)[0],
    }


def share(data: Any, rounds: int) -> dict[str, float]:
    """Return the loader's share of an iteration in percent, and both times."""
    model = links.Classifier(MLP())
    optimizer = optimizers.Adam().setup(model)
    iterator = iterators.SerialIterator(data, BATCH)
    loads, updates = [], []
    for i in range(rounds):
        start = time.perf_counter()
        x, t = concat_examples(iterator.next())
        loads.append((time.perf_counter() - start) * 1e6)
        spent = microseconds(lambda: optimizer.update(model, x, t))  # noqa: B023
        if i >= rounds // 10:
            updates.append(spent)
    load, update = statistics.median(loads[rounds // 10 :]), statistics.median(updates)
    return {"share": 100 * load / (load + update), "load": load, "update": update}


def kinds(data: dict[str, Any], rounds: int) -> dict[str, dict[str, float]]:
    """Return, for each kind of dataset, the loader's time and its ratio to one copy."""
    loaders = {name: iterators.SerialIterator(one, BATCH) for name, one in data.items()}
    times: dict[str, list[float]] = {name: [] for name in [*loaders, "copy"]}
    batch = np.random.rand(BATCH, 784).astype(np.float32)
    for _ in range(rounds):
        for name, loader in loaders.items():
            times[name].append(microseconds(lambda: concat_examples(loader.next())))  # noqa: B023
        times["copy"].append(microseconds(batch.copy))
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    copy = medians.pop("copy")
    return {name: {"ours": spent, "over a copy": spent / copy} for name, spent in medians.items()}


def theirs(python: str, size: int, rounds: int) -> dict[str, float]:
    """Return what the original's loader takes, by kind of dataset."""
    program = THEIRS.format(size=size, batch=BATCH, rounds=rounds)
    spent: dict[str, float] = json.loads(once(python, program))
    return spent


def lines_of(shares: dict[str, float], rows: dict[str, dict[str, float]]) -> list[str]:
    """Return the results as lines of Markdown."""
    lines = [
        (
            f"The loader's share of an iteration: **{shares['share']:.2f}%** "
            f"({shares['load']:.0f} of {shares['load'] + shares['update']:.0f} µs; "
            f"{torch.get_num_threads()} threads)."
        ),
        "",
        "| examples | µs a batch | over one copy | original's µs | original / ours |",
        "|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        original = row.get("original")
        theirs = "– | –" if original is None else f"{original:.0f} | {original / row['ours']:.1f}"
        lines.append(f"| {name} | {row['ours']:.0f} | {row['over a copy']:.1f} | {theirs} |")
    return lines


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description="What loading costs.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--size", type=int, default=60000, help="how many images there are")
    parser.add_argument("--chainer", help="a Python that has Chainer 7.8.1")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    data = sources(options.size)
    shares = share(data["tuples"], options.rounds)
    rows = kinds(data, options.rounds)
    if options.chainer:
        for name, spent in theirs(options.chainer, options.size, options.rounds).items():
            rows[name]["original"] = spent
    lines = lines_of(shares, rows)
    print("\n".join(lines))
    about = f"{options.size} images, batches of {BATCH}; medians of {options.rounds} rounds"
    write(options.out / "loading.md", "What loading costs", about, lines)


if __name__ == "__main__":
    main()
