"""Time and memory of bfloat16 training by each storage, beside torch doing it by hand.

    python benchmarks/low_precision.py [--workloads NAME ...] [--storages NAME ...] [--threads 2]
        [--rounds 21] [--out FOLDER]

By hand means what a program of torch's does for float32 masters: copy the gradients into float32,
step a fused optimizer over the masters, copy those back into the parameters; memory for the wide
gradients is kept from step to step. "plain" is measured against torch's fused step on bfloat16
itself. Whole steps, interleaved in one run, medians; gradients are newly allocated before each,
outside the timed region. Only the ratios mean anything.

Memory is measured, not computed: the bytes of all torch storages that are alive after a step, with
gradients forgotten, less those before parameters and optimizer were made.
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
from report import write
from workloads import WORKLOADS, Shape

from catenary import optim

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "Adam": ("Adam", {"lr": 1e-3}),
    "momentum SGD": ("SGD", {"lr": 1e-3, "momentum": 0.9}),
}
STORAGES = ("master", "kahan", "stochastic", "plain")
Step = Callable[[], None]


def parameters(shapes: list[Shape]) -> list[torch.nn.Parameter]:
    """Return parameters, the same at every call."""
    draws = torch.Generator().manual_seed(0)
    made = [torch.randn(shape, generator=draws) * 0.05 for shape in shapes]
    return [torch.nn.Parameter(values.bfloat16()) for values in made]


def by_hand(params: list[torch.nn.Parameter], name: str, words: dict[str, Any]) -> Step:
    """Return a step of torch's with float32 masters."""
    masters = [torch.nn.Parameter(param.detach().float()) for param in params]
    for master in masters:
        master.grad = torch.zeros_like(master)
    opt = getattr(torch.optim, name)(masters, **words, fused=True)

    def step() -> None:
        with torch.no_grad():
            torch._foreach_copy_([m.grad for m in masters], [p.grad for p in params])
            opt.step()
            torch._foreach_copy_(params, masters)

    return step


def sides(storage: str, name: str, words: dict[str, Any], shapes: list[Shape]) -> list[Any]:
    """Return (parameters, step) of both sides."""
    ours, theirs = parameters(shapes), parameters(shapes)
    step = getattr(optim, name)(ours, storage=storage, **words).step
    if storage == "plain":
        other = getattr(torch.optim, name)(theirs, **words, fused=True).step
    else:
        other = by_hand(theirs, name, words)
    return [(ours, step), (theirs, other)]


def spent(params: list[Any], step: Step, gradients: list[torch.Tensor]) -> float:
    """Return the milliseconds that a step took."""
    for param, gradient in zip(params, gradients, strict=True):
        param.grad = gradient.clone()
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3


def ratio(storage: str, name: str, words: dict[str, Any], shapes: list[Shape], rounds: int) -> str:
    """Return our median over torch's."""
    both = sides(storage, name, words, shapes)
    draws = torch.Generator().manual_seed(1)
    gradients = [(torch.randn(s, generator=draws) * 0.01).bfloat16() for s in shapes]
    times: list[list[float]] = [[], []]
    gc.disable()
    for turn in range(rounds + 3):
        pairs = list(zip(both, times, strict=True))
        for (params, step), held in pairs if turn % 2 else reversed(pairs):
            held.append(spent(params, step, gradients))
    gc.enable()
    ours, peer = (statistics.median(held[3:]) for held in times)
    values = zip(both[0][0], both[1][0], strict=True)
    # Only these two promise the numbers that a float32 master has.
    exact = storage in ("master", "kahan")
    agree = not exact or all(torch.allclose(a, b, rtol=2.0**-7, atol=1e-4) for a, b in values)
    return f"{ours / peer:.2f}{'' if agree else ' (differs)'}"


def alive() -> dict[int, int]:
    """Return the bytes of every torch storage there is, by its address."""
    gc.collect()
    kinds = (torch.Tensor, torch.nn.Parameter)
    held = (found for found in gc.get_objects() if type(found) in kinds)
    stores = [tensor.untyped_storage() for tensor in held]
    return {store.data_ptr(): store.nbytes() for store in stores}


def bytes_a_parameter(side: int, storage: str, name: str, words: dict[str, Any]) -> float:
    """Return what parameters and optimizer take after two steps, over the number of values."""
    shapes: list[Shape] = [(1000, 500), (500,), (7, 11)]
    before = alive()
    params, step = sides(storage, name, words, shapes)[side]
    for _ in range(2):
        for param in params:
            param.grad = torch.ones_like(param)
        step()
    for param in params:
        param.grad = None
    new = sum(size for at, size in alive().items() if at not in before)
    return new / sum(param.numel() for param in params)


def main() -> None:
    """Measure every storage on every workload, print the table and write it."""
    parser = argparse.ArgumentParser(description="Storages of bfloat16 against torch by hand.")
    chosen = ["ResNet-50, 25.6M", "MLP, 90k"]
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=chosen)
    parser.add_argument("--storages", nargs="+", choices=STORAGES, default=STORAGES)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    lines = [
        f"| storage | {' | '.join(options.workloads)} | bytes a parameter | torch's |",
        "|---|" + "---|" * (len(options.workloads) + 2),
    ]
    for label, (name, words) in CASES.items():
        for storage in options.storages:
            shapes = [WORKLOADS[load]() for load in options.workloads]
            cells = [ratio(storage, name, words, held, options.rounds) for held in shapes]
            cells += [f"{bytes_a_parameter(side, storage, name, words):.2f}" for side in (0, 1)]
            lines.append(f"| {label}, {storage} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    about = (
        f"{options.threads} threads, medians of {options.rounds} rounds. torch: copy gradients "
        'into float32, fused step over masters, copy back; for "plain" its fused step on bfloat16. '
        "Bytes are measured after a step, without gradients of the parameters; torch's wide "
        "gradients are kept from step to step"
    )
    write(options.out / "low_precision.md", "bfloat16 over torch by hand", about, lines)


if __name__ == "__main__":
    main()
