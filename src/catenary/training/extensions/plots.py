"""The plots that nearly every training wants, one call each."""

from __future__ import annotations

from typing import Any

from catenary.training.extension import Extension
from catenary.training.extensions.measured_plot import (
    MeasuredPlot,
    UpdateRatioPlot,
    gradient_norms,
)
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

    A layer is a link, or a torch module, with parameters of its own. The norms are those of the
    gradients as the update left them.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """

    def norms(trainer: Any) -> dict[str, float]:
        return gradient_norms(trainer, optimizer_name)

    return MeasuredPlot(norms, filename, trigger, log_scale=True)


def plot_update_ratios(
    filename: str = "update_ratios.png",
    trigger: Any = (1, "epoch"),
    optimizer_name: str = "main",
) -> Extension:
    """Return an extension that draws ‖Δp‖₂ / ‖p‖₂, a step's share of every layer's weights.

    About 0.001 is usual; far more is restless, far less learns little. It keeps a copy of the
    parameters.

    Args:
        filename: File in the trainer's folder; the suffix is the format.
        trigger: Interval over which to average.
        optimizer_name: Which of the updater's optimizers.
    """
    return UpdateRatioPlot(filename, trigger, optimizer_name)
