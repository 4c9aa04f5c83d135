"""TimerHook: how long functions take."""

from __future__ import annotations

import sys
import time
from typing import IO, Any

import torch

from catenary.function_hook import FunctionHook

__all__ = ["TimerHook"]

_UNITS = {"sec": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


class TimerHook(FunctionHook):
    """Measure the time of each function, forward and backward.

    Attributes:
        call_history: Pairs of a function's name and seconds, one a call, in the order of ending.

    Example:
        >>> import numpy as np
        >>> from catenary import Variable, function_hooks, functions
        >>> hook = function_hooks.TimerHook()
        >>> with hook:
        ...     y = functions.relu(Variable(np.ones(3, "f")))
        >>> hook.summary()["ReLU"]["occurrence"]
        1
    """

    name = "TimerHook"

    def __init__(self) -> None:
        self.call_history: list[tuple[str, float]] = []
        self._begun: list[float] = []
        self._total = 0.0

    def _begin(self, arrays: tuple[Any, ...]) -> None:
        _wait_for(arrays)
        self._begun.append(time.perf_counter())

    def _end(self, function: Any, arrays: tuple[Any, ...]) -> None:
        _wait_for(arrays)
        elapsed = time.perf_counter() - self._begun.pop()
        self.call_history.append((function._impl_name, elapsed))
        if not self._begun:
            self._total += elapsed

    def forward_preprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Note the time."""
        self._begin(in_data)

    def forward_postprocess(self, function: Any, in_data: tuple[Any, ...]) -> None:
        """Record the time that passed."""
        self._end(function, in_data)

    def backward_preprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """Note the time."""
        self._begin(in_data + out_grad)

    def backward_postprocess(
        self, function: Any, in_data: tuple[Any, ...], out_grad: tuple[Any, ...]
    ) -> None:
        """Record the time that passed."""
        self._end(function, in_data + out_grad)

    def total_time(self) -> float:
        """Return the seconds spent in functions; those within functions count once."""
        return self._total

    def summary(self) -> dict[str, dict[str, Any]]:
        """Return by name the `elapsed_time` in seconds and the `occurrence`, how many calls."""
        found: dict[str, dict[str, Any]] = {}
        for name, elapsed in self.call_history:
            entry = found.setdefault(name, {"elapsed_time": 0.0, "occurrence": 0})
            entry["elapsed_time"] += elapsed
            entry["occurrence"] += 1
        return found

    def print_report(self, unit: str = "auto", file: IO[str] | None = None) -> None:
        """Print a table of the summary.

        Args:
            unit: ``"sec"``, ``"ms"``, ``"us"``, ``"ns"``; ``"auto"`` for what suits the largest,
                ``"auto_foreach"`` for what suits each.
            file: Where to print; standard output by default.

        Raises:
            KeyError: `unit` is none of these.
        """
        summary = self.summary()
        if unit == "auto":
            unit = _suiting(max((e["elapsed_time"] for e in summary.values()), default=0.0))
        rows = [("FunctionName", "ElapsedTime", "Occurrence")]
        for name, entry in summary.items():
            seconds = entry["elapsed_time"]
            chosen = _suiting(seconds) if unit == "auto_foreach" else unit
            elapsed = f"{seconds * _UNITS[chosen]:3.2f}{chosen}"
            rows.append((name, elapsed, str(entry["occurrence"])))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        out = sys.stdout if file is None else file
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            out.write("  ".join(cells) + "\n")
        out.flush()


def _suiting(seconds: float) -> str:
    return next((unit for unit, factor in _UNITS.items() if seconds * factor >= 1), "ns")


def _wait_for(arrays: tuple[Any, ...]) -> None:
    """Let a GPU finish, if an array lives on one."""
    if any(getattr(getattr(a, "device", None), "type", "cpu") == "cuda" for a in arrays):
        torch.cuda.synchronize()
