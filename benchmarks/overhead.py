"""What our layer over torch costs: a small MLP's iteration, and the microseconds of every call.

    python benchmarks/overhead.py [--threads 1 2] [--rounds 400] [--out FOLDER]

*Iteration*: forward, backward and clearing the gradients of an MLP with batches of 100: ours as a
Chain, torch's as a raw loop over tensors and as modules, all fed with NumPy arrays. *Calls*: one
function, forward alone and with backward, less what the same torch operation takes. All sides take
turns in one run, and medians are compared: only differences and ratios mean anything on a shared
machine.
"""

from __future__ import annotations

import argparse
import gc
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
NETWORKS = {"784-50-50-10": (784, 50, 50, 10), "50 throughout": (50, 50, 50, 50)}
Act = Callable[[], Any]
Calls = dict[str, tuple[Callable[..., Any], Callable[..., Any], list[Any]]]


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
    """Call the sides turn by turn; return their times in microseconds, the first tenth dropped."""
    sides = list(sides)
    times: list[list[float]] = [[] for _ in sides]
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for side, spent in zip(sides, times, strict=True):
            start = time.perf_counter()
            side()
            spent.append((time.perf_counter() - start) * 1e6)
    gc.enable()
    return [spent[rounds // 10 :] for spent in times]


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


def calls() -> Calls:
    """Return functions of ours, torch's equals and the inputs of both, by name."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> Any:
        return (rng.random(shape, np.float32) + 0.1).astype(np.float32)

    row, image, W, b = array(8, 16), array(2, 3, 8, 8), array(16, 16), array(16)
    filters, bias = array(4, 3, 3, 3), array(4)
    labels = rng.integers(0, 16, 8).astype(np.int64)
    gamma, beta, norm_gamma, norm_beta = array(16), array(16), array(16), array(16)
    table: dict[str, tuple[Any, Any, list[Any]]] = {
        "relu": (F.relu, torch.relu, [row]),
        "sigmoid": (F.sigmoid, torch.sigmoid, [row]),
        "tanh": (F.tanh, torch.tanh, [row]),
        "leaky_relu": (F.leaky_relu, lambda x: TF.leaky_relu(x, 0.2), [row]),
        "elu": (F.elu, TF.elu, [row]),
        "softplus": (F.softplus, TF.softplus, [row]),
        "softmax": (F.softmax, lambda x: torch.softmax(x, 1), [row]),
        "log_softmax": (F.log_softmax, lambda x: torch.log_softmax(x, 1), [row]),
        "exp": (F.exp, torch.exp, [row]),
        "log": (F.log, torch.log, [row]),
        "sqrt": (F.sqrt, torch.sqrt, [row]),
        "sum": (F.sum, torch.sum, [row]),
        "mean": (F.mean, torch.mean, [row]),
        "max": (lambda x: F.max(x, 1), lambda x: torch.amax(x, 1), [row]),
        "matmul": (F.matmul, torch.matmul, [row, W]),
        "x + y": (lambda x, y: x + y, lambda x, y: x + y, [row, row.copy()]),
        "x * y": (lambda x, y: x * y, lambda x, y: x * y, [row, row.copy()]),
        "x * 2": (lambda x: x * 2, lambda x: x * 2, [row]),
        "x[:, 1:3]": (lambda x: x[:, 1:3], lambda x: x[:, 1:3], [row]),
        "reshape": (lambda x: F.reshape(x, (4, 32)), lambda x: x.reshape(4, 32), [row]),
        "transpose": (F.transpose, lambda x: x.T, [row]),
        "concat": (lambda x, y: F.concat((x, y)), lambda x, y: torch.cat((x, y), 1), [row, row]),
        "stack": (lambda x, y: F.stack((x, y)), lambda x, y: torch.stack((x, y)), [row, row]),
        "where": (
            lambda x, y: F.where(row > 0.5, x, y),
            lambda x, y: torch.where(torch.from_numpy(row > 0.5), x, y),
            [row, row],
        ),
        "broadcast_to": (
            lambda x: F.broadcast_to(x, (8, 16)),
            lambda x: x.broadcast_to(8, 16),
            [b],
        ),
        "linear": (F.linear, TF.linear, [row, W, b]),
        "convolution_2d": (F.convolution_2d, TF.conv2d, [image, filters, bias]),
        "max_pooling_2d": (
            lambda x: F.max_pooling_2d(x, 2),
            lambda x: TF.max_pool2d(x, 2),
            [image],
        ),
        "average_pooling_2d": (
            lambda x: F.average_pooling_2d(x, 2),
            lambda x: TF.avg_pool2d(x, 2),
            [image],
        ),
        "batch_normalization": (
            F.batch_normalization,
            lambda x, g, b: TF.batch_norm(x, None, None, g, b, training=True),
            [row, gamma, beta],
        ),
        "layer_normalization": (
            F.layer_normalization,
            lambda x, g, b: TF.layer_norm(x, (16,), g, b),
            [row, norm_gamma, norm_beta],
        ),
        "dropout": (F.dropout, TF.dropout, [row]),
        "embed_id": (
            lambda W: F.embed_id(labels, W),
            lambda W: TF.embedding(torch.from_numpy(labels), W),
            [W],
        ),
        "softmax_cross_entropy": (
            lambda x: F.softmax_cross_entropy(x, labels),
            lambda x: TF.cross_entropy(x, torch.from_numpy(labels)),
            [row],
        ),
        "sigmoid_cross_entropy": (
            lambda x: F.sigmoid_cross_entropy(x, (row > 0.5).astype(np.int32)),
            lambda x: TF.binary_cross_entropy_with_logits(x, torch.from_numpy(row > 0.5).float()),
            [row],
        ),
        "mean_squared_error": (F.mean_squared_error, TF.mse_loss, [row, row.copy()]),
        "huber_loss": (
            lambda x, y: F.huber_loss(x, y, 1.0),
            lambda x, y: TF.huber_loss(x, y, reduction="none").sum(1),
            [row, row.copy()],
        ),
        "lstm": (F.lstm, _torch_lstm, [array(8, 4), row]),
    }
    return table


def _torch_lstm(c: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    a, i, f, o = x.reshape(8, 4, 4).unbind(2)
    c = torch.sigmoid(i) * torch.tanh(a) + torch.sigmoid(f) * c
    return torch.sigmoid(o) * torch.tanh(c) + 0 * c


def sides_of(ours: Any, theirs: Any, inputs: list[Any]) -> list[Act]:
    """Return ours and torch's, forward alone, then both with backward and clearing."""
    variables = [Variable(x.copy()) for x in inputs]
    tensors = [torch.from_numpy(x.copy()).requires_grad_() for x in inputs]
    shown = ours(*variables)
    first = shown[0] if isinstance(shown, tuple) else shown
    seed = np.ones(first.shape, np.float32)
    ones = torch.ones(first.shape)

    def our_backward() -> None:
        y = ours(*variables)
        y = y[0] if isinstance(y, tuple) else y
        y.grad = seed
        y.backward()
        for x in variables:
            x.cleargrad()

    def their_backward() -> None:
        y = theirs(*tensors)
        y.backward(ones)
        for x in tensors:
            x.grad = None

    return [lambda: ours(*variables), lambda: theirs(*tensors), our_backward, their_backward]


def measure(threads: int, rounds: int, table: Calls) -> dict[str, Any]:
    """Return the ratios of the networks and the microseconds of the calls over torch's."""
    torch.set_num_threads(threads)
    networks = {}
    load = os.getloadavg()[0]
    for name, sizes in NETWORKS.items():
        ours, raw, module = (statistics.median(s) for s in in_turns(iterations(sizes), rounds))
        row = {"ours_us": ours, "raw_us": raw, "module_us": module}
        networks[name] = row
        print(f"{name}, {threads} threads: {ours / raw:.3f} of raw, {ours / module:.3f} of modules")
    over = {}
    for name, (ours_f, theirs_f, inputs) in table.items():
        times = in_turns(sides_of(ours_f, theirs_f, inputs), rounds)
        f, tf, b, tb = (statistics.median(spent) for spent in times)
        over[name] = {"forward_us": f - tf, "both_us": b - tb}
        print(f"{name}: {f - tf:.1f} µs forward, {b - tb:.1f} µs with backward", flush=True)
    return {"threads": threads, "load": load, "networks": networks, "calls": over}


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
    lines += ["", "Microseconds of a call over torch's own, on one thread:", ""]
    lines += ["| function | forward | with backward |", "|---|---|---|"]
    for name, row in results[0]["calls"].items():
        lines.append(f"| {name} | {row['forward_us']:.1f} | {row['both_us']:.1f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write a table."""
    parser = argparse.ArgumentParser(description="What our layer over torch costs.")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--no-calls", action="store_true", help="measure the iterations alone")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    table = {} if options.no_calls else calls()
    results = [measure(threads, options.rounds, table) for threads in options.threads]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "overhead.json").write_text(json.dumps(results, indent=1) + "\n")
    (options.out / "overhead.md").write_text(text_of(results))


if __name__ == "__main__":
    main()
