"""TimerHook: how long links compute."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

import torch

from catenary.link_hook import LinkHook

__all__ = ["TimerHook"]

_UNITS = {"sec": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


class TimerHook(LinkHook):
    """Measures the time that links spend in ``forward``; a chain's time includes its children's.

    Attributes:
        call_history: Pairs (class of the link, seconds), in the order in which the calls ended.
    """

    name = "TimerHook"

    def __init__(self) -> None:
        self.call_history: list[tuple[str, float]] = []
        self._running: list[float] = []
        self._total = 0.0

    def forward_preprocess(self, args: Any) -> None:
        """Start a clock."""
        self._running.append(_now(args.link))

    def forward_postprocess(self, args: Any) -> None:
        """Stop the clock that was started last."""
        elapsed = _now(args.link) - self._running.pop()
        self.call_history.append((type(args.link).__name__, elapsed))
        if not self._running:
            self._total += elapsed

    def total_time(self) -> float:
        """Return the seconds of all calls that were not made by another link."""
        return self._total

    def summary(self) -> dict[str, dict[str, Any]]:
        """Return ``elapsed_time`` (seconds) and ``occurrence`` of each class of links."""
        summary: dict[str, dict[str, Any]] = {}
        for name, elapsed in self.call_history:
            record = summary.setdefault(name, {"elapsed_time": 0.0, "occurrence": 0})
            record["elapsed_time"] += elapsed
            record["occurrence"] += 1
        return summary

    def print_report(self, unit: str = "auto", file: TextIO | None = None) -> None:
        """Print a table of the summary.

        Args:
            unit: ``"sec"``, ``"ms"``, ``"us"``, ``"ns"``; ``"auto"`` for the one that suits the
                longest time, ``"auto_foreach"`` for the one that suits each.
            file: Where to; the standard output by default.

        Raises:
            KeyError: If there is no such unit.
        """
        records = self.summary()
        longest = max((r["elapsed_time"] for r in records.values()), default=0.0)
        rows = [("LinkName", "ElapsedTime", "Occurrence")]
        for name, record in records.items():
            seconds = record["elapsed_time"]
            suits = {"auto": longest, "auto_foreach": seconds}
            spoken = _suiting(suits[unit]) if unit in suits else unit
            time_text = f"{seconds * _UNITS[spoken]:3.2f}{spoken}"
            rows.append((name, time_text, str(record["occurrence"])))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        out = sys.stdout if file is None else file
        for row in rows:
            out.write("  ".join(t.rjust(w) for t, w in zip(row, widths, strict=True)) + "\n")
        out.flush()


def _suiting(seconds: float) -> str:
    return next((unit for unit, n in _UNITS.items() if seconds * n >= 1), "ns")


def _now(link: Any) -> float:
    """Return the time; on a GPU, once it has done what it was told."""
    if link.device.torch_device.type == "cuda":
        torch.cuda.synchronize(link.device.torch_device)
    return time.perf_counter()
