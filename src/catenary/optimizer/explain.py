"""The plan of a step in words: why a step is fast, or not."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import torch

from catenary.expr import show
from catenary.kernel import DeviceStep, Step
from catenary.optimizer.bucket import Bucket
from catenary.optimizer.plan import Plan

__all__ = ["BucketExplanation", "Explanation", "explain"]


@dataclass(frozen=True)
class BucketExplanation:
    """Parameters that are updated by one program.

    Attributes:
        paths: Of the parameters.
        values: Number of elements, all parameters together.
        dtype: The parameters' storage.
        formula: What happens to each element.
        reducing: What is measured before, one entry a pass over memory.
        bytes_read: Bytes a value that the updating pass reads.
        bytes_written: Bytes a value that it writes.
        bytes_measured: Bytes a value that the reducing passes read.
        storage: How the parameters are kept; "plain" for those of 32 and 64 bits.
        held: (what, bytes a value) that the parameters, what is beside them and the states take.
        backend: What runs it.
        sources: The kernels' text (LLVM IR, on a GPU Triton), those that were compiled so far.
    """

    paths: tuple[str, ...]
    values: int
    dtype: str
    formula: str
    reducing: tuple[str, ...]
    bytes_read: int
    bytes_written: int
    bytes_measured: int
    storage: str
    held: tuple[tuple[str, int], ...]
    backend: str
    sources: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        shown = ", ".join(self.paths[:3]) + (", ..." if len(self.paths) > 3 else "")
        lines = [
            f"{len(self.paths)} parameters, {self.values:,} values of {self.dtype} ({shown})",
            *(f"    {line}" for line in self.formula.splitlines()),
            *(f"  pass {i}: measures {what}" for i, what in enumerate(self.reducing, start=1)),
            f"  pass {len(self.reducing) + 1}: updates, {self.backend}",
            self._traffic(),
        ]
        if self.dtype in ("float16", "bfloat16"):
            parts = ", ".join(f"{what} {size}" for what, size in self.held)
            lines.append(f"  kept as {self.storage!r}: {self.bytes_held} bytes a value ({parts})")
        return "\n".join(lines)

    @property
    def bytes_total(self) -> int:
        """Bytes a value that all passes move."""
        return self.bytes_read + self.bytes_written + self.bytes_measured

    @property
    def bytes_held(self) -> int:
        """Bytes a value that stay between steps, gradients apart."""
        return sum(size for _, size in self.held)

    def _as_row(self) -> str:
        shown = ", ".join(self.paths[:3]) + (", ..." if len(self.paths) > 3 else "")
        cells = (
            f"{len(self.paths)}: {html.escape(shown)}",
            f"{self.values:,}",
            self.dtype,
            f"<pre>{html.escape(self.formula)}</pre>",
            str(self.bytes_total),
            str(len(self.reducing) + 1),
        )
        return f"<tr>{''.join(f'<td>{cell}' for cell in cells)}</tr>"

    def _traffic(self) -> str:
        return (
            f"  {self.bytes_total} bytes a value: {self.bytes_read} read and {self.bytes_written} "
            f"written by the update, {self.bytes_measured} read to measure"
        )


@dataclass(frozen=True)
class Explanation:
    """What a step of an optimizer does.

    Attributes:
        optimizer: Its class.
        threads: Threads that kernels on the CPU use.
        hooks: How its hooks run.
        buckets: Parameters by program.
        fell_out: (path, why) of parameters whose rule runs on its own.
        resting: Paths of parameters that this step leaves alone.
    """

    optimizer: str
    threads: int
    hooks: str
    buckets: tuple[BucketExplanation, ...]
    fell_out: tuple[tuple[str, str], ...]
    resting: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.optimizer}, {self.threads} threads; {self.hooks}"]
        for i, bucket in enumerate(self.buckets, start=1):
            lines.append(f"bucket {i}: {bucket}")
        lines += [f"on its own: {path}, since {why}" for path, why in self.fell_out]
        if self.resting:
            lines.append(
                f"left alone (frozen, not enabled, or without gradient): {', '.join(self.resting)}"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        head = "<tr><th>parameters<th>values<th>dtype<th>formula<th>bytes a value<th>passes</tr>"
        rows = "".join(bucket._as_row() for bucket in self.buckets)
        notes = [f"{path}: on its own, since {why}" for path, why in self.fell_out]
        notes += [f"{path}: left alone" for path in self.resting]
        told = f"{self.optimizer}, {self.threads} threads; {self.hooks}"
        listed = "".join(f"<li>{html.escape(note)}" for note in notes)
        return f"<p>{html.escape(told)}</p><table>{head}{rows}</table><ul>{listed}</ul>"


def explain(
    name: str,
    plan: Plan,
    hook_names: list[str],
    *,
    scaled: bool,
    check_finite: bool,
    overridden: list[str],
) -> Explanation:
    """Return what a step with this plan does; nothing is updated.

    Args:
        name: The optimizer's class.
        plan: Its plan.
        hook_names: Its pre hooks.
        scaled: Whether gradients will carry a loss scale.
        check_finite: Whether the step looks for gradients that are not finite.
        overridden: Parts of the step that the class replaced; with any of them hooks and
            rules run one by one.
    """
    if overridden:
        reason = f"{name} overrides {', '.join(overridden)}"
        alone = tuple((e.path, reason) for e in plan.entries if e.rule is not None)
        resting = tuple(e.path for e in plan.entries if e.rule is None)
        hooks = f"hook after hook and rule after rule, since {reason}"
        return Explanation(name, torch.get_num_threads(), hooks, (), alone, resting)
    with plan.rehearsed(scaled) as (buckets, step):
        moving = [bucket for bucket in buckets if bucket.in_bucket]
        described = tuple(_describe(bucket, step, check_finite) for bucket in moving)
    planned = {entry.path for bucket in moving for entry in bucket.entries}
    fell_out = [(e.path, e.fell_out) for e in plan.entries if e.rule is not None and e.fell_out]
    resting = tuple(
        e.path for e in plan.entries if e.path not in planned and e.path not in dict(fell_out)
    )
    if not hook_names:
        hooks = "no hooks"
    elif plan.apart is None:
        hooks = f"hooks in the rules' kernels: {', '.join(hook_names)}"
    else:
        apart = ", ".join(hook_names)
        hooks = f"hooks run one by one before the update, since {plan.apart}: {apart}"
    return Explanation(name, torch.get_num_threads(), hooks, described, tuple(fell_out), resting)


def _describe(bucket: Bucket, step: Step | DeviceStep, check_finite: bool) -> BucketExplanation:
    table = bucket.table
    width = {"p": bucket.tensors[0].element_size(), "g": bucket.tensors[0].element_size()}
    width.update({n: held[0].element_size() for n, held in table.columns.items()})
    updating = table.schedule.updating
    reducing = []
    measured = 0
    for sweep in table.schedule.reducing:
        reducing.append(", ".join(sorted({f"‖·‖ over the {r.over}" for r in sweep.reductions})))
        measured += sum(width[name] for name in sweep.inputs)
    if check_finite:
        reducing = [f"{reducing[0]}, whether all is finite", *reducing[1:]] if reducing else []
        if not reducing:
            reducing, measured = ["whether all is finite"], width["g"]
    reads = sum(width[name] for name in updating.inputs)
    writes = sum(width[name] for name, _ in updating.outputs)
    return BucketExplanation(
        paths=tuple(entry.path for entry in bucket.entries),
        values=sum(tensor.numel() for tensor in bucket.tensors),
        dtype=str(bucket.tensors[0].dtype).removeprefix("torch."),
        formula=show(bucket.formula).replace("rule.", ""),  # only hooks need their prefix
        reducing=tuple(reducing),
        bytes_read=reads,
        bytes_written=writes,
        bytes_measured=measured,
        storage=bucket.kind,
        held=tuple((name, held[0].element_size()) for name, held in table.columns.items()),
        backend=step.backend_of(table),
        sources=step.sources(),
    )
