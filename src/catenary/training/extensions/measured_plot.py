"""Plots of what the trainer can be asked for: learning rates, and what optimizers measure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from catenary.training.extensions.plot_report import PlotReport

__all__ = ["MeasuredPlot", "StatisticsPlot", "by_layer"]

_ALL = "all"


class MeasuredPlot(PlotReport):
    """Extension that draws the means of what a function of the trainer returns, as curves.

    Args:
        measure: Called with the trainer at every iteration, returns numbers by name.
        filename: File in the trainer's folder.
        trigger: Interval over which to average.
        log_scale: Whether the y axis is logarithmic.
    """

    def __init__(
        self,
        measure: Callable[[Any], dict[str, Any]],
        filename: str,
        trigger: Any,
        log_scale: bool = False,
    ) -> None:
        super().__init__(None, trigger=trigger, filename=filename, marker=None)
        self._measure = measure
        self._log_scale = log_scale

    def _values(self, trainer: Any) -> dict[str, Any]:
        return self._measure(trainer)

    def _keys(self, means: dict[str, float]) -> list[str]:
        return list(means)

    def _finish(self, axes: Any) -> None:
        if self._log_scale:
            axes.set_yscale("log")


class StatisticsPlot(MeasuredPlot):
    """Extension that draws what an optimizer's ``stats()`` says of every layer.

    The optimizer measures in the pass that updates; a step that was skipped adds nothing.

    Args:
        pick: Returns the numbers to draw, by layer, from ``optimizer.stats(each=True)``.
        filename: File in the trainer's folder.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """

    def __init__(
        self,
        pick: Callable[[dict[str, float]], dict[str, float]],
        filename: str,
        trigger: Any,
        optimizer_name: str,
    ) -> None:
        super().__init__(self._of_last_step, filename, trigger, log_scale=True)
        self._pick = pick
        self._optimizer_name = optimizer_name

    def initialize(self, trainer: Any) -> None:
        """Let the optimizer measure its steps.

        Raises:
            TypeError: If it is none of ours.
        """
        optimizer = trainer.updater.get_optimizer(self._optimizer_name)
        if not hasattr(optimizer, "collect_stats"):
            name = type(getattr(optimizer, "optimizer", optimizer)).__name__
            raise TypeError(
                f"{name} does not measure its steps, so there is nothing to draw; train with "
                f"catenary.optim.{name} or an optimizer of catenary.optimizers"
            )
        optimizer.collect_stats()

    def _of_last_step(self, trainer: Any) -> dict[str, float]:
        return self._pick(trainer.updater.get_optimizer(self._optimizer_name).stats(each=True))


def by_layer(stats: dict[str, float], name: str) -> dict[str, float]:
    """Return one kind of norm for every layer, and for all together.

    Args:
        stats: What ``optimizer.stats(each=True)`` returned.
        name: The kind, such as ``"grad_norm"``.

    A layer is a parameter's path without its last name.
    """
    squares: dict[str, float] = {}
    for key, norm in stats.items():
        kind, _, path = key.partition("/")
        if kind == name and path:
            layer = "/" + path.replace(".", "/").rpartition("/")[0]
            for place in (_ALL, layer):
                squares[place] = squares.get(place, 0.0) + norm**2
    return {layer: math.sqrt(total) for layer, total in squares.items()}
