"""The plots that nearly every training wants, one call each."""

from __future__ import annotations

from typing import Any

from catenary.training.extension import Extension
from catenary.training.extensions.measured_plot import MeasuredPlot, StatisticsPlot, by_layer
from catenary.training.extensions.plot_report import PlotReport

__all__ = [
    "plot_accuracy",
    "plot_gradient_norms",
    "plot_loss",
    "plot_lr",
    "plot_update_ratios",
]

_RATES = ("lr", "alpha")


def plot_loss(filename: str = "loss.png", trigger: Any = (1, "epoch")) -> Extension:
    """Return an extension that draws the loss in training and validation.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
    """
    return PlotReport(["main/loss", "validation/main/loss"], trigger=trigger, filename=filename)


def plot_accuracy(filename: str = "accuracy.png", trigger: Any = (1, "epoch")) -> Extension:
    """Return an extension that draws the accuracy in training and validation.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
    """
    keys = ["main/accuracy", "validation/main/accuracy"]
    return PlotReport(keys, trigger=trigger, filename=filename)


def plot_lr(
    filename: str = "lr.png", trigger: Any = (1, "epoch"), optimizer_name: str = "main"
) -> Extension:
    """Return an extension that draws the learning rate: ``lr``, or ``alpha`` in Adam's family.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """

    def learning_rate(trainer: Any) -> dict[str, float]:
        optimizer = trainer.updater.get_optimizer(optimizer_name)
        settings = getattr(optimizer, "hyperparam", optimizer)
        return {name: getattr(settings, name) for name in _RATES if hasattr(settings, name)}

    return MeasuredPlot(learning_rate, filename, trigger)


def plot_gradient_norms(
    filename: str = "gradient_norms.png",
    trigger: Any = (1, "epoch"),
    optimizer_name: str = "main",
) -> Extension:
    """Return an extension that draws ‖∂L/∂p‖₂ of every layer, and of all together.

    A layer is a link, or a torch module, with parameters of its own. The norms are those of
    ``optimizer.stats()``: without loss scale, and before hooks where they are formulas.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """
    return StatisticsPlot(
        lambda stats: by_layer(stats, "grad_norm"), filename, trigger, optimizer_name
    )


def plot_update_ratios(
    filename: str = "update_ratios.png",
    trigger: Any = (1, "epoch"),
    optimizer_name: str = "main",
) -> Extension:
    """Return an extension that draws ‖Δp‖₂ / ‖p‖₂, a step's share of every layer's weights.

    About 0.001 is usual; far more is restless, far less learns little. The weights are those after
    the step, as in ``optimizer.stats()``.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """

    def ratios(stats: dict[str, float]) -> dict[str, float]:
        weights = by_layer(stats, "weight_norm")
        updates = by_layer(stats, "update_norm")
        return {layer: updates[layer] / norm for layer, norm in weights.items() if norm}

    return StatisticsPlot(ratios, filename, trigger, optimizer_name)
