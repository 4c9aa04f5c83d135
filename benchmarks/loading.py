"""What loading costs: the loader's share of an iteration, and its time over the original's.

    [CATENARY_ORACLE=PYTHON] python benchmarks/loading.py [--rounds 300] [--out FILE]

*Share*: taking a batch and stacking it, over a whole iteration of an MNIST MLP (784-1000-1000-10,
batches of 100, forward, backward and Adam). *Kinds of datasets*: the same two calls, over copying
the bytes of the batch once, which is the least possible; a row says how examples lie in memory.
*Original*: the same two calls under the original, whose Python `CATENARY_ORACLE` names. Images are
random: no loader looks at them. Medians of interleaved runs; only ratios mean anything on a shared
machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from catenary import Chain, datasets, iterators, links, optimizers
from catenary import functions as F
from catenary.dataset import concat_examples

BATCH = 100
SIZE = 60000

THEIRS = """
import json, statistics, sys, time, warnings
warnings.simplefilter("ignore")
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


def sources() -> dict[str, Any]:
    """The same images in datasets of different kinds."""
    x = np.random.rand(SIZE, 784).astype(np.float32)
    t = np.random.randint(0, 10, SIZE).astype(np.int32)
    pairs = datasets.TupleDataset(x, t)
    return {
        "tuples": pairs,
        "dictionaries": datasets.DictDataset(x=x, t=t),
        "images alone": x,
        "a part": datasets.split_dataset_random(pairs, SIZE - 1)[0],
    }


def share(rounds: int) -> dict[str, float]:
    """Return the loader's share of an iteration in percent, and both times."""
    model = links.Classifier(MLP())
    optimizer = optimizers.Adam().setup(model)
    iterator = iterators.SerialIterator(sources()["tuples"], BATCH)
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


def kinds(rounds: int) -> dict[str, dict[str, float]]:
    """Return, for each kind of dataset, the loader's time and its ratio to one copy."""
    loaders = {name: iterators.SerialIterator(data, BATCH) for name, data in sources().items()}
    times: dict[str, list[float]] = {name: [] for name in [*loaders, "copy"]}
    batch = np.random.rand(BATCH, 784).astype(np.float32)
    for _ in range(rounds):
        for name, loader in loaders.items():
            times[name].append(microseconds(lambda: concat_examples(loader.next())))  # noqa: B023
        times["copy"].append(microseconds(batch.copy))
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    copy = medians.pop("copy")
    return {name: {"ours": spent, "over a copy": spent / copy} for name, spent in medians.items()}


def theirs(python: str, rounds: int) -> dict[str, float]:
    """Return what the original's loader takes, by kind of dataset."""
    program = THEIRS.format(size=SIZE, batch=BATCH, rounds=rounds)
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    spent: dict[str, float] = json.loads(done.stdout)
    return spent


def report(shares: dict[str, float], rows: dict[str, dict[str, float]]) -> str:
    """Return the results as Markdown."""
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
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description="What loading costs.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--out", type=Path, help="file to write the table to")
    arguments = parser.parse_args()
    shares = share(arguments.rounds)
    rows = kinds(arguments.rounds)
    oracle = os.environ.get("CATENARY_ORACLE")
    if oracle:
        for name, spent in theirs(oracle, arguments.rounds).items():
            rows[name]["original"] = spent
    text = report(shares, rows)
    print(text)
    if arguments.out:
        arguments.out.write_text(f"# What loading costs\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
