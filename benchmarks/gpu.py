"""The optimizer step on a GPU: ours over torch.optim's (fused=True), doing the same work.

    python benchmarks/gpu.py [--rounds 30] [--out FOLDER]

Whole calls between two events on the stream, interleaved in one run, medians; gradients are fresh
before each call, outside the timed region; clearing them is inside. *Plain* is the bare update.
*Realistic* is dynamic loss scale, finite check, clipping by the norm over the model, weight decay,
update: torch's side is GradScaler with `clip_grad_norm_`. *Of copy* is the share of the bandwidth
of a plain copy, measured in the same run, that the bytes of the step make up. *Syncs* counts what
the profiler saw the host wait for in three of our steps. *CPU* says whether our parameters equal
those of our own CPU kernels after three steps, and by how much they differ at most.

It needs a CUDA device, and says so where there is none.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from optimizer_step import Ours, Theirs
from workloads import Shape, billion, gpt2_small, resnet50, thousand

from catenary import optimizers

WORKLOADS = {
    "ResNet-50, 25.6M": resnet50,
    "GPT-2 small, 124M": gpt2_small,
    "language model, 1.2G": billion,
    "1,000 x 1,000": thousand,
}
MEGABYTE = 2**20


def tensors(shapes: list[Shape], dtype: torch.dtype, device: torch.device) -> list[torch.Tensor]:
    """Return parameters of these shapes, the same at each call."""
    torch.manual_seed(0)
    return [
        torch.nn.Parameter((torch.randn(shape) * 0.05).to(device=device, dtype=dtype))
        for shape in shapes
    ]


OPTIMIZERS = {"MomentumSGD": optimizers.MomentumSGD, "Adam": optimizers.Adam}


def ours_on(name: str, params: list[torch.Tensor], *, realistic: bool) -> Ours:
    """Return our side, on torch's tensors."""
    return Ours(OPTIMIZERS[name](), torch.nn.ParameterList(params), realistic=realistic)


def bytes_of(side: Ours) -> int:
    """Return the bytes that a step with the present gradients moves."""
    return sum(
        bucket.values * (bucket.bytes_read + bucket.bytes_written + bucket.bytes_measured)
        for bucket in side.optimizer.explain().buckets
    )


def time_of(call: Callable[[], Any], device: torch.device) -> float:
    """Return the milliseconds that a call takes, until the device is done."""
    if device.type != "cuda":
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) * 1e3
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize(device)
    before.record()
    call()
    after.record()
    torch.cuda.synchronize(device)
    return float(before.elapsed_time(after))


def copy_bandwidth(device: torch.device, megabytes: int) -> float:
    """Return bytes a millisecond of a copy in the device's memory, reading and writing."""
    source = torch.ones(megabytes * MEGABYTE // 4, device=device)
    goal = torch.empty_like(source)
    spent = [time_of(lambda: goal.copy_(source), device) for _ in range(12)]
    return 2 * source.nbytes / statistics.median(spent[2:])


def syncs_of(call: Callable[[], Any]) -> int:
    """Return how often the host waited for the device, as the profiler saw it."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        call()
    # The profiler itself waits once at its end.
    waits = [event for event in seen.key_averages() if "ynchronize" in event.key]
    return max(0, sum(event.count for event in waits) - 1)


@dataclass
class Row:
    """One line of the table; times are medians in milliseconds."""

    workload: str
    optimizer: str
    work: str
    dtype: str
    ours_ms: float
    torch_ms: float
    ratio: float
    share_of_copy: float
    syncs: int
    largest_difference_from_cpu: float


def difference_from_cpu(
    name: str, shapes: list[Shape], dtype: torch.dtype, device: torch.device, *, realistic: bool
) -> float:
    """Return the largest difference between our parameters here and on the CPU, in three steps."""
    here = ours_on(name, tensors(shapes, dtype, device), realistic=realistic)
    there = ours_on(name, tensors(shapes, dtype, torch.device("cpu")), realistic=realistic)
    for turn in range(3):
        torch.manual_seed(turn)
        fresh = [(torch.randn(shape) * 0.01).to(dtype) for shape in shapes]
        here.give([gradient.to(device) * here.scale() for gradient in fresh])
        there.give([gradient * there.scale() for gradient in fresh])
        here.step()
        there.step()
    pairs = zip(here.tensors, there.tensors, strict=True)
    return max(float((a.detach().cpu() - b.detach()).abs().max()) for a, b in pairs)


def compare(
    workload: str,
    shapes: list[Shape],
    name: str,
    *,
    realistic: bool,
    dtype: torch.dtype,
    device: torch.device,
    rounds: int,
    bandwidth: float,
) -> Row:
    """Run both sides turn by turn; return their medians and what else the table shows."""
    sides: list[Any] = [
        side(name, tensors(shapes, dtype, device), realistic=realistic)
        for side in (ours_on, Theirs)
    ]
    times: list[list[float]] = [[], []]
    for turn in range(rounds + 3):
        torch.manual_seed(turn)
        fresh = [torch.randn(shape, device=device, dtype=dtype) * 0.01 for shape in shapes]
        for side, spent in zip(sides, times, strict=True):
            side.give([gradient * side.scale() for gradient in fresh])
            spent.append(time_of(side.step, device))
    ours, theirs = (statistics.median(spent[3:]) for spent in times)
    syncs = _syncs(sides[0], shapes, dtype, device) if device.type == "cuda" else 0
    small = shapes if sum(map(_size, shapes)) < 2e8 else shapes[1:20]
    difference = difference_from_cpu(name, small, dtype, device, realistic=realistic)
    sides[0].give(fresh)
    share = bytes_of(sides[0]) / ours / bandwidth
    work = "realistic" if realistic else "plain"
    spelled = str(dtype).removeprefix("torch.")
    return Row(workload, name, work, spelled, ours, theirs, ours / theirs, share, syncs, difference)


def _size(shape: Shape) -> int:
    return torch.Size(shape).numel()


def _syncs(side: Ours, shapes: list[Shape], dtype: torch.dtype, device: torch.device) -> int:
    fresh = [torch.randn(shape, device=device, dtype=dtype) * 0.01 for shape in shapes]

    def three() -> None:
        for _ in range(3):
            side.give([gradient * side.scale() for gradient in fresh])
            side.step()

    return syncs_of(three)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| workload | optimizer | work | dtype | ours / torch | of copy | syncs | from CPU |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.workload} | {row.optimizer} | {row.work} | {row.dtype} | {row.ratio:.2f} | "
        f"{row.share_of_copy:.2f} | {row.syncs} | {row.largest_difference_from_cpu:.0e} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, and write it."""
    parser = argparse.ArgumentParser(description="Our optimizer step on a GPU against torch's.")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("no CUDA device here, so there is nothing to measure")
    device = torch.device("cuda")
    bandwidth = copy_bandwidth(device, 1024)
    machine = f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    print(f"{machine}; a copy moves {bandwidth / 1e9:.2f} TB/s")
    rows = []
    for workload in options.workloads:
        for dtype in (torch.float32, torch.bfloat16):
            for name in ("MomentumSGD", "Adam"):
                for realistic in (False, True):
                    shapes = WORKLOADS[workload]()
                    row = compare(
                        workload, shapes, name, realistic=realistic, dtype=dtype, device=device,
                        rounds=options.rounds, bandwidth=bandwidth,
                    )  # fmt: skip
                    rows.append(row)
                    print(table([row]).splitlines()[-1], flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    told = f"{machine}, {time.strftime('%Y-%m-%d')}; medians of {options.rounds} rounds; a copy"
    text = f"# On a GPU\n\n{told} moves {bandwidth / 1e9:.2f} TB/s.\n\n{table(rows)}\n"
    (options.out / "gpu.md").write_text(text)
    (options.out / "gpu.json").write_text(json.dumps([asdict(r) for r in rows], indent=1))
    print(f"\n{table(rows)}\n\nwritten to {options.out}")


if __name__ == "__main__":
    main()
