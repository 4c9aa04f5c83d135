"""A training run with everything that must survive a kill, and a server that kills it.

    python -m tests.training.resume_program FOLDER ITERATOR WRITER KILLS SEED

One run is left alone. Others are killed with SIGKILL at random moments and started again in the
same folder, until there have been KILLS kills; each must end with the bits of the first. A run is a
forked child of this process, which has imported everything and computed nothing. What happened is
printed as JSON.
"""

from __future__ import annotations

import functools
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

import catenary
from catenary import datasets, iterators, optimizers, training
from catenary import functions as F
from catenary import links as L
from catenary.serializers.npz import save_npz, serialize
from catenary.training import extensions, triggers

ITERATORS = {
    "serial": iterators.SerialIterator,
    "thread": functools.partial(iterators.MultithreadIterator, n_threads=2),
    "process": functools.partial(iterators.MultiprocessIterator, n_processes=2, n_prefetch=2),
}
WRITERS = (
    "SimpleWriter",
    "ThreadWriter",
    "ProcessWriter",
    "ThreadQueueWriter",
    "ProcessQueueWriter",
)
HUGE = 1e33  # so that the dynamic loss scale overflows after some twenty updates


class Net(catenary.Chain):
    """A classifier that draws from every global generator."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(4, 8)
            self.norm = L.BatchNormalization(8)
            self.l2 = L.Linear(None, 3)

    def forward(self, x, t):
        h = F.dropout(F.relu(self.norm(self.l1(x))), 0.3)
        loss = F.softmax_cross_entropy(self.l2(h), t)
        catenary.report({"loss": loss}, self)
        noise = 0.1 * random.random() + 0.1 * float(torch.rand(()))
        return loss * (HUGE * (1 + noise if catenary.config.train else 1))


def build(out: Path, iterator: str = "serial", writer: str = "SimpleWriter"):
    """Make the trainer of a run; `out` is its folder."""
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    source = np.random.RandomState(4)
    x = source.randn(23, 4).astype("f")
    t = (x.sum(axis=1) > 0).astype("i") + (x[:, 0] > 1)
    data = datasets.TupleDataset(x, t.astype("i"))
    model = Net()
    optimizer = optimizers.MomentumSGD(lr=1 / HUGE).setup(model)
    optimizer.add_hook(catenary.optimizer_hooks.WeightDecay(1e-3 * HUGE))
    optimizer.loss_scaling(interval=4)
    main = ITERATORS[iterator](data, 5)
    validation = iterators.SerialIterator(data, 8, repeat=False, shuffle=False)
    stop = triggers.EarlyStoppingTrigger(
        (1, "epoch"), "main/loss", patience=5, max_trigger=(100, "iteration")
    )
    trainer = training.Trainer(training.StandardUpdater(main, optimizer), stop, out)
    trainer.extend(
        extensions.snapshot(
            writer=getattr(extensions.snapshot_writers, writer)(), n_retains=2, autoload=True
        ),
        trigger=(1, "iteration"),
    )
    trainer.extend(extensions.Evaluator(validation, model))
    trainer.extend(extensions.ExponentialShift("lr", 0.98), trigger=(2, "iteration"))
    trainer.extend(extensions.observe_lr(), trigger=(1, "iteration"))
    trainer.extend(extensions.LogReport(trigger=(3, "iteration")))
    trainer.extend(extensions.MicroAverage("main/loss", "lr", "smooth"))
    trainer.extend(extensions.DumpGraph("main/loss"))
    trainer.extend(note_where_it_starts, priority=-2000, trigger=lambda trainer: False)
    return trainer


def where_it_starts(trainer) -> None:
    with Path(trainer.out, "starts").open("a", encoding="utf-8") as file:
        print(trainer.updater.iteration, file=file)


@training.make_extension(initializer=where_it_starts)
def note_where_it_starts(trainer) -> None:
    """Note, before training, the iteration from which it goes on."""


def result_of(trainer) -> dict[str, np.ndarray]:
    """Return everything a trainer holds, times aside."""
    state = serialize(trainer)
    del state["_snapshot_elapsed_time"]
    key = "extensions/LogReport/_log"
    state[key] = np.asarray(json.dumps(without_times(json.loads(str(state[key])))))
    written = json.loads(Path(trainer.out, "log").read_text(encoding="utf-8"))
    state["log"] = np.asarray(json.dumps(without_times(written)))
    return state


def without_times(log: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{k: v for k, v in entry.items() if k != "elapsed_time"} for entry in log]


def run(out: Path, iterator: str, writer: str) -> None:
    """Train to the end and leave the result in a file."""
    trainer = build(out, iterator, writer)
    trainer.run()
    save_npz(str(out / "result.npz"), result_of(trainer), compression=False)


def start(out: Path, iterator: str, writer: str) -> int:
    """Fork a child, the head of its own process group, that runs the training; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.setsid()
        run(out, iterator, writer)
        status = 0
    except BaseException:  # noqa: BLE001 - a child never returns to the server's code
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def differences(one: Path, other: Path) -> list[str]:
    """Return the names of values that differ in a bit."""
    with np.load(one, allow_pickle=True) as a, np.load(other, allow_pickle=True) as b:
        found = [f"{key} only in one" for key in sorted(set(a.files) ^ set(b.files))]
        for key in set(a.files) & set(b.files):
            x, y = a[key], b[key]
            same = x.dtype == y.dtype and x.shape == y.shape
            same = same and (
                x.tolist() == y.tolist() if x.dtype.hasobject else x.tobytes() == y.tobytes()
            )
            if not same:
                found.append(key)
    return found


def newest(out: Path) -> int:
    """Return the iteration of the newest snapshot in a folder, 0 if there is none."""
    names = out.glob("snapshot_iter_*")
    return max((int(path.name.rpartition("_")[2]) for path in names), default=0)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def serve(folder: Path, iterator: str, writer: str, kills: int, seed: int) -> dict[str, object]:
    """Kill and restart runs; return what happened."""
    moments = random.Random(seed)
    reference = folder / "reference"
    begun = time.perf_counter()
    _, status = os.waitpid(start(reference, iterator, writer), 0)
    length = time.perf_counter() - begun
    said: dict[str, object] = {"length": length, "failed": [], "different": [], "runs": 0}
    if status:
        said["failed"].append("the run that was left alone")
        return said
    groups: list[int] = []
    said["killed"], said["lost"], said["resumed"] = 0, [], 0
    while said["killed"] < kills:
        out = folder / f"run{said['runs']}"
        out.mkdir()
        least = [0]
        while True:
            child = start(out, iterator, writer)
            groups.append(child)
            more = said["killed"] < kills
            finished = wait(child, moments.uniform(0, 0.6 * length) if more else None)
            if finished is not None:
                break
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            said["killed"] += 1
            least.append(newest(out))
        if finished:
            said["failed"].append(out.name)
            return said
        starts = [int(line) for line in (out / "starts").read_text().splitlines()]
        said["resumed"] += sum(start > 0 for start in starts)
        if starts[-1] < least[-1]:
            said["lost"].append([out.name, starts, least])
        found = differences(reference / "result.npz", out / "result.npz")
        if found:
            said["different"].append([out.name, found])
        leftovers = [path.name for path in out.glob(".snapshot*.tmp")]
        if leftovers:
            said["failed"].append([out.name, leftovers])
        said["runs"] += 1
        shutil.rmtree(out)
    said["iterations"] = newest(reference)
    end = time.perf_counter() + 10
    while any(map(alive, groups)) and time.perf_counter() < end:
        time.sleep(0.1)
    said["orphans"] = sum(map(alive, groups))
    return said


def wait(child: int, seconds: float | None) -> int | None:
    """Wait for a child to end and return its status; None if it is still at work by then."""
    if seconds is None:
        return os.waitpid(child, 0)[1]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.001)
    return None


if __name__ == "__main__":
    place, kind, how, number, seed = sys.argv[1:]
    print(json.dumps(serve(Path(place), kind, how, int(number), int(seed))))
