"""The demo's pictures: how the training went, and which digits it got wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogFormatter

from catenary.demo.screen import Row

__all__ = ["draw_curves", "draw_mistakes"]

BLUE, ORANGE = "#2a6fbb", "#d9772b"
COLUMNS = 6
CAPTION: dict[str, Any] = {"fontsize": 9, "fontweight": "normal", "loc": "center"}
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "savefig.dpi": 150,
}


def draw_curves(rows: Sequence[Row], path: Path) -> None:
    """Draw loss and accuracy over the epochs."""
    epochs = [row.epoch for row in rows]
    accuracy = [100 * row.test_accuracy for row in rows]
    style: dict[str, Any] = {"marker": "o", "markersize": 3}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2, sharex=True)
        left.plot(
            epochs,
            [row.train_loss for row in rows],
            color=BLUE,
            label="train (nudged, dropout)",
            **style,
        )
        left.plot(epochs, [row.test_loss for row in rows], color=ORANGE, label="test", **style)
        left.set(title="Loss", xlabel="epoch", yscale="log")
        left.yaxis.set_major_formatter("{x:g}")
        left.yaxis.set_minor_formatter(LogFormatter())  # silent where the range is wide
        left.legend(frameon=False)
        if not math.isfinite(rows[-1].train_loss):
            left.text(0.5, 0.5, "no number any more", transform=left.transAxes, ha="center")
        right.plot(epochs, accuracy, color=ORANGE, **style)
        lowest = min(90, *accuracy) - 1
        right.set(title="Test accuracy, %", xlabel="epoch", ylim=(lowest, 100.5))
        below = accuracy[-1] > (lowest + 100) / 2
        place: dict[str, Any] = {"xytext": (0, -16 if below else 8), "ha": "right"}
        place |= {"textcoords": "offset points", "color": ORANGE, "weight": "bold"}
        right.annotate(f"{accuracy[-1]:.1f} %", (epochs[-1], accuracy[-1]), **place)
        right.xaxis.get_major_locator().set_params(integer=True)
        figure.savefig(path)


def draw_mistakes(images: Any, labels: Any, probabilities: Any, path: Path, most: int = 18) -> int:
    """Draw the digits that were read wrong, the worst mistakes first, and return their number.

    Where none was, those are drawn that came closest.
    """
    read = probabilities.argmax(axis=1)
    order = numpy.argsort(probabilities[numpy.arange(len(labels)), labels], kind="stable")
    wrong = order[read[order] != labels[order]]
    shown = (wrong if len(wrong) else order)[:most]
    lines = -(-len(shown) // COLUMNS)
    with mpl.rc_context(STYLE):
        spacious = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
        figure = Figure(figsize=(9, 1.75 * lines + 0.5), layout=spacious)
        figure.suptitle(_title(len(wrong), len(labels), most), x=0.01, ha="left", weight="bold")
        grid = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
        for axes in grid[len(shown) :]:
            axes.axis("off")
        for axes, i in zip(grid, shown, strict=False):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set(visible=True, color="#cccccc")
            axes.imshow(images[i].reshape(8, 8), cmap="gray_r")
            sure = f"{probabilities[i, read[i]]:.0%}"
            axes.set_title(f"{labels[i]}, read as {read[i]} ({sure})", **CAPTION)
        figure.savefig(path)
    return len(wrong)


def _title(wrong: int, of: int, most: int) -> str:
    if not wrong:
        return f"All {of} digits read right; these were the closest calls"
    return f"{wrong} of {of} digits read wrong" + (
        f", {most} of them shown" if wrong > most else ""
    )
