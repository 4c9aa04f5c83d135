"""Plots of what an extension measures itself: gradient norms, update ratios, learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch

from catenary.training.extensions.plot_report import PlotReport
from catenary.training.targets import is_module

__all__ = ["MeasuredPlot", "UpdateRatioPlot", "gradient_norms"]

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


class UpdateRatioPlot(MeasuredPlot):
    """Extension that draws how large a part of each layer's weights an update is.

    Args:
        filename: File in the trainer's folder.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """

    def __init__(self, filename: str, trigger: Any, optimizer_name: str) -> None:
        super().__init__(self._ratios, filename, trigger, log_scale=True)
        self._optimizer_name = optimizer_name
        self._trainer: Any = None
        self._before: dict[str, torch.Tensor] = {}

    def initialize(self, trainer: Any) -> None:
        """Remember the parameters from which the first update starts."""
        self._trainer = trainer
        self._remember()

    def serialize(self, serializer: Any) -> None:
        """Save or load the curves; after loading, remember the parameters that were loaded."""
        super().serialize(serializer)
        if hasattr(serializer, "load") and not getattr(serializer, "checking", False):
            self._remember()

    def _remember(self) -> None:
        if self._trainer is not None:
            found = parameters(self._trainer, self._optimizer_name)
            self._before = {path: tensor.detach().clone() for path, tensor, _ in found}

    def _ratios(self, trainer: Any) -> dict[str, float]:
        steps, weights = _Squares(), _Squares()
        for path, tensor, _ in parameters(trainer, self._optimizer_name):
            before = self._before.get(path)
            if before is not None and before.shape == tensor.shape:
                steps.add(path, tensor.detach() - before)
                weights.add(path, before)
        self._remember()
        lengths = weights.roots()
        return {
            layer: step / lengths[layer] for layer, step in steps.roots().items() if lengths[layer]
        }


def gradient_norms(trainer: Any, optimizer_name: str) -> dict[str, float]:
    """Return the norm of every layer's gradient, and of the whole."""
    squares = _Squares()
    for path, _, gradient in parameters(trainer, optimizer_name):
        if gradient is not None:
            squares.add(path, torch.as_tensor(gradient))
    return squares.roots()


def parameters(trainer: Any, optimizer_name: str) -> Iterator[tuple[str, torch.Tensor, Any]]:
    """Yield path, tensor and gradient of every parameter that an optimizer trains and has a shape.

    Args:
        trainer: The trainer.
        optimizer_name: Which of its updater's optimizers.
    """
    target = trainer.updater.get_optimizer(optimizer_name).target
    if is_module(target):
        for name, tensor in target.named_parameters():
            if not torch.nn.parameter.is_lazy(tensor):
                yield "/" + name.replace(".", "/"), tensor, tensor.grad
    else:
        for path, param in target.namedparams(include_uninit=False):
            yield path, param.tensor, param.grad


class _Squares:
    """Sums of squares by layer; a layer is a path without its last name."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}

    def add(self, path: str, values: torch.Tensor) -> None:
        square = float(torch.linalg.vector_norm(values.detach(), dtype=torch.float64)) ** 2
        for layer in (_ALL, path.rpartition("/")[0] or "/"):
            self._sums[layer] = self._sums.get(layer, 0.0) + square

    def roots(self) -> dict[str, float]:
        return {layer: math.sqrt(total) for layer, total in self._sums.items()}
