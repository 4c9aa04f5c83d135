"""What a call costs: 50 functions and 15 links against plain torch and the original Chainer.

    python benchmarks/calls.py --chainer .oracle/bin/python [--threads 1 2] [--rounds 40]
                               [--only relu ...] [--out FOLDER]

Each call is made forward alone, and with backward and clearing the gradients, on small and on
medium arrays (`call_table.SIZES`). Ours takes turns with torch's by hand (`call_table_torch.py`),
and then with the original's, which has a process of its own. Ratios are of medians; microseconds
over torch are of the fastest turn of each side, since a slow moment of a shared machine multiplies
them. Results and gradients of all sides are compared too; those of dropout with the original's
alone, whose random numbers ours shares.

Goals: faster than the original, and on small arrays at most 15 µs over torch for each function
that is called (a link calls several).
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import math
import os
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from call_table import SIZES, Case, names, timed
from call_table_torch import TorchCase
from peers import Process, chainer_calls

import catenary

GOAL_US = 15.0
TOLERANCE = 1e-5
WAYS = ("forward", "both")
# Torch's by hand draws other numbers here.
RANDOM = {"dropout"}
# Torch holds these weights in other pieces: only the result and the inputs' gradients compare.
JOINED = {"NStepLSTM"}

Row = dict[str, Any]
Clock = Callable[[], float]


class Counter(catenary.FunctionHook):
    """Counts calls of functions."""

    calls = 0

    def forward_preprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Count one."""
        self.calls += 1


def largest_error(ours: list[Any], theirs: list[Any]) -> float:
    """Return the largest difference over the largest value expected, of any array."""
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        if a.shape != b.shape:
            return float("inf")
        scale = max(float(np.abs(b).max(initial=0)), 1e-30)
        worst = max(worst, float(np.abs(a - b).max(initial=0)) / scale)
    return worst


def errors_of(name: str, ours: Case, torchs: TorchCase, originals: list[Any] | None) -> Row:
    """Return how far our results are from torch's and from the original's."""
    found, row = ours.results(), {}
    if name not in RANDOM:
        count = 1 + len(ours.inputs) if name in JOINED else None
        row["torch"] = largest_error(found[:count], torchs.results()[:count])
    if originals is not None:
        row["chainer"] = largest_error(found, originals)
    wrong = {side: error for side, error in row.items() if not error < TOLERANCE}
    assert not wrong, f"{name}: results differ from {wrong}"
    return row


def prepare(peer: Process | None, name: str, size: str) -> list[Any] | None:
    """Have the original prepare a call, and return its results."""
    if peer is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.npz"
        assert peer.ask(json.dumps(["case", name, size, str(file)])) == "done"
        with np.load(file) as archive:
            return [archive[key] for key in archive.files]


def counted(case: Case) -> int:
    """Return how many functions a call calls."""
    with Counter() as counter:
        case.forward()
    return int(counter.calls)


def in_turns(ours: Clock, theirs: Clock, rounds: int) -> dict[str, list[float]]:
    """Return the medians and the fastest turns of two sides, ours first."""
    times: tuple[list[float], list[float]] = ([], [])
    sides = list(zip((ours, theirs), times, strict=True))
    for _ in range(rounds):
        for clock, spent in sides:
            spent.append(clock())
        sides.reverse()
    return {"median": list(map(statistics.median, times)), "fastest": list(map(min, times))}


def measure(name: str, size: str, rounds: int, peer: Process | None) -> Row:
    """Return our microseconds of a call and theirs, by way and side, and the errors."""
    originals = prepare(peer, name, size)
    ours = Case(catenary, name, size)
    torchs = TorchCase(name, size, ours.link)
    row: Row = {"errors": errors_of(name, ours, torchs, originals), "functions": counted(ours)}
    gc.collect()
    gc.disable()
    for way in WAYS:
        act, by_hand = getattr(ours, way), getattr(torchs, way)
        count = max(2, min(20, int(1000 / timed(act, 5))))
        our_clock = functools.partial(timed, act, count)
        row[way] = {"torch": in_turns(our_clock, functools.partial(timed, by_hand, count), rounds)}
        if peer is not None:
            question = json.dumps([way, count])
            row[way]["chainer"] = in_turns(our_clock, lambda q=question: float(peer.ask(q)), rounds)
    gc.enable()
    return row


def line_of(name: str, rows: dict[str, Row]) -> str:
    """Return a line of the table."""
    cells = [name, str(rows["small"]["functions"])]
    cells += [f"{over_torch(rows, way):.1f}" for way in WAYS]
    for size in SIZES:
        for way in WAYS:
            cells.append(f"{ratio(rows[size][way], 'chainer'):.2f}".replace("nan", "–"))
    cells.append(f"{ratio(rows['medium']['both'], 'torch'):.2f}")
    cells.append("yes" if not missed(rows) else ", ".join(missed(rows)))
    return f"| {' | '.join(cells)} |"


def ratio(spent: Row, side: str) -> float:
    """Return our time over a side's; NaN if it was not there."""
    if side not in spent:
        return math.nan
    ours, theirs = spent[side]["median"]
    return float(ours / theirs)


def over_torch(rows: dict[str, Row], way: str) -> float:
    """Return the microseconds of a small call over torch's."""
    ours, theirs = rows["small"][way]["torch"]["fastest"]
    return float(ours - theirs)


def missed(rows: dict[str, Row]) -> list[str]:
    """Return the goals that a call misses."""
    goal = GOAL_US * rows["small"]["functions"]
    found = [f"{way}: over {GOAL_US:.0f} µs" for way in WAYS if over_torch(rows, way) > goal]
    ways = ((size, way) for size in SIZES for way in WAYS)
    slower = (f"{way}, {size}" for size, way in ways if ratio(rows[size][way], "chainer") >= 1)
    return found + [f"{what}: slower than Chainer" for what in slower]


HEAD = (
    "functions",
    "over torch, forward, µs",
    "over torch, with backward, µs",
    "/ Chainer, forward, small",
    "/ Chainer, with backward, small",
    "/ Chainer, forward, medium",
    "/ Chainer, with backward, medium",
    "/ torch, with backward, medium",
    "goals met",
)


def text_of(results: list[Row]) -> str:
    """Return the results as Markdown."""
    machine = f"{platform.machine()}, torch {torch.__version__}, {time.strftime('%Y-%m-%d')}"
    command = "python benchmarks/calls.py --chainer .oracle/bin/python"
    lines = ["# Calls of functions and links", "", f"{machine}; `{command}`", ""]
    lines.append(
        "Ours less torch's by hand in microseconds on small arrays, of the fastest turns; ours "
        "over the original Chainer 7.8.1 and over torch as ratios of medians, in one run; what was "
        f"computed agrees within {TOLERANCE:g} of the largest value. Goals: under 1 against "
        f"Chainer, at most {GOAL_US:.0f} µs over torch for each function called."
    )
    functions, links = names()
    for result in results:
        load, threads = result["load"], result["threads"]
        known = result["calls"]
        good = sum(not missed(rows) for rows in known.values())
        lines += ["", f"## {threads} thread{'s' if threads > 1 else ''}", ""]
        lines += [f"{good} of {len(known)} meet all goals; load {load:.1f} at the start.", ""]
        for kind, group in (("function", functions), ("link", links)):
            lines += [f"| {kind} | {' | '.join(HEAD)} |", "|---" * (len(HEAD) + 1) + "|"]
            lines += [line_of(name, known[name]) for name in group if name in known]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def run(threads: int, rounds: int, chainer: str | None, chosen: list[str]) -> Row:
    """Measure all calls with one number of threads, in all processes."""
    torch.set_num_threads(threads)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    load, peer = os.getloadavg()[0], None
    if chainer is not None:
        peer = chainer_calls(chainer, str(Path(__file__).parent))
    measured: dict[str, dict[str, Row]] = {}
    for name in chosen:
        measured[name] = {size: measure(name, size, rounds, peer) for size in SIZES}
        print(line_of(name, measured[name]), flush=True)
    if peer is not None:
        peer.close()
    return {"threads": threads, "load": load, "calls": measured}


def main() -> None:
    """Measure, print, and write the tables."""
    parser = argparse.ArgumentParser(description="What calls of functions and links cost.")
    parser.add_argument("--chainer", help="a Python that has Chainer 7.8.1")
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", nargs="+", help="names of functions and links")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = options.only or [name for group in names() for name in group]
    results = [run(n, options.rounds, options.chainer, chosen) for n in options.threads]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "calls.json").write_text(json.dumps(results, indent=1) + "\n")
    (options.out / "calls.md").write_text(text_of(results))


if __name__ == "__main__":
    main()
