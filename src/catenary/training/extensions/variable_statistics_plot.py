"""VariableStatisticsPlot: how the values and gradients of Variables are distributed, over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catenary.link import Link
from catenary.optimizer.state import read_optional
from catenary.serializer import Serializer
from catenary.training.extension import Extension, refuse
from catenary.training.extensions import _matplotlib
from catenary.training.util import get_trigger
from catenary.variable import Variable

__all__ = ["Reservoir", "VariableStatisticsPlot"]

Array = np.ndarray[Any, Any]

_COLOR = "#1f77b4"
_PALE = 0.2  # opacity of what lies around a curve


class Reservoir:
    """A uniform sample of fixed size from a sequence of unknown length.

    Args:
        size: Entries to keep.
        data_shape: Shape of an entry.
        dtype: Dtype of an entry.

    Attributes:
        counter: Entries seen.

    Source: Vitter, Random sampling with a reservoir (1985), algorithm R; draws from NumPy's global
        generator.
    """

    def __init__(self, size: int, data_shape: tuple[int, ...], dtype: Any = np.float32) -> None:
        self.size = size
        self.data: Array = np.zeros((size, *data_shape), dtype)
        self.idxs: Array = np.zeros(size, np.int32)
        self.counter = 0

    def add(self, x: Any, idx: int | None = None) -> None:
        """Take an entry into the sample, or not, as chance has it.

        Args:
            x: The entry.
            idx: Where it stands in the sequence; by default the number of entries before it.
        """
        place = self.counter
        if place >= self.size:
            kept = np.random.random() < self.size / (self.counter + 1)
            place = np.random.randint(self.size) if kept else -1
        if place >= 0:
            self.data[place] = x
            self.idxs[place] = idx or self.counter
        self.counter += 1

    def get_data(self) -> tuple[Array, Array]:
        """Return where the entries of the sample stood, and the entries, in order."""
        idxs = self.idxs[: min(self.counter, self.size)]
        order = np.argsort(idxs)
        return idxs[order], self.data[order]

    def serialize(self, serializer: Any) -> None:
        """Save or load the sample; a file of Chainer has none."""
        counter = read_optional(serializer, "counter", None if _loads(serializer) else self.counter)
        if counter is None:
            return
        serializer("idxs", self.idxs)
        serializer("data", self.data)
        if not getattr(serializer, "checking", False):
            self.counter = int(counter)


class VariableStatisticsPlot(Extension):
    """Extension that draws mean, deviation and percentiles of Variables and their gradients.

    Several Variables are taken together. Of long runs a sample of iterations is drawn.

    Args:
        targets: Variable, Link (its parameters) or list of them.
        max_sample_size: Iterations to keep.
        report_data: Whether to draw values.
        report_grad: Whether to draw gradients.
        plot_mean: Whether to draw means.
        plot_std: Whether to draw standard deviations.
        percentile_sigmas: Percentiles to draw, each in [0, 100]; the default are those of whole
            standard deviations of a normal distribution. None or empty for none.
        trigger: When to draw.
        filename: File in the trainer's folder, ``"statistics.png"`` by default.
        figsize: Width and height of the picture, in inches.
        marker: Matplotlib's name of the mark at each point.
        grid: Whether to draw a grid.
        **kwargs: `file_name`, an older word for `filename`.

    Raises:
        ValueError: If there is no Variable, or nothing to draw.
        TypeError: If another argument is given.

    Differs:
        The sample is saved with the training.
    """

    def __init__(
        self,
        targets: Any,
        max_sample_size: int = 1000,
        report_data: bool = True,
        report_grad: bool = True,
        plot_mean: bool = True,
        plot_std: bool = True,
        percentile_sigmas: float | Sequence[float] | None = (
            *(0, 0.13, 2.28, 15.87, 50),
            *(84.13, 97.72, 99.87, 100),
        ),
        trigger: Any = (1, "epoch"),
        filename: str | None = None,
        figsize: tuple[float, float] | None = None,
        marker: str | None = None,
        grid: bool = True,
        **kwargs: Any,
    ) -> None:
        file_name = kwargs.pop("file_name", "statistics.png")
        refuse(kwargs, type(self).__name__)
        self._vars = _variables(targets)
        if not self._vars:
            raise ValueError(f"there is no Variable in {targets!r} to draw statistics of")
        percentiles = () if percentile_sigmas is None else np.atleast_1d(percentile_sigmas)
        self._percentiles = [float(percentile) for percentile in percentiles]
        self._keys = [
            key for key, wanted in (("data", report_data), ("grad", report_grad)) if wanted
        ]
        self._moments = [
            name for name, wanted in (("mean", plot_mean), ("std", plot_std)) if wanted
        ]
        if not (self._keys and (self._moments or self._percentiles)):
            raise ValueError("Nothing to plot: every statistic is switched off")
        self._trigger = get_trigger(trigger)
        self._filename = file_name if filename is None else filename
        self._figsize = figsize
        self._marker = marker
        self._grid = grid
        shape = (len(self._keys), len(self._moments) + len(self._percentiles))
        self._samples = Reservoir(max_sample_size, shape)

    @staticmethod
    def available() -> bool:
        """Return whether matplotlib is installed; warn where it is not."""
        return _matplotlib.available()

    def __call__(self, trainer: Any) -> None:
        """Take the statistics of this iteration; draw when it is time."""
        if not _matplotlib.available():
            return
        statistics = np.stack([self._statistics(key) for key in self._keys])
        self._samples.add(statistics, trainer.updater.iteration)
        if self._trigger(trainer):
            self._draw(Path(trainer.out, self._filename))

    def serialize(self, serializer: Any) -> None:
        """Save or load the sample, under keys that Chainer does not write."""
        self._samples.serialize(serializer["samples"])
        if hasattr(self._trigger, "serialize") and (
            not _loads(serializer) or self._samples.counter
        ):
            self._trigger.serialize(serializer["trigger"])

    def _statistics(self, key: str) -> Array:
        arrays = [_as_numpy(getattr(var, key)) for var in self._vars]
        found = [array.ravel() for array in arrays if array is not None]
        if not found:
            return np.zeros(len(self._moments) + len(self._percentiles), np.float32)
        values = np.concatenate(found)
        moments = [getattr(values, name)() for name in self._moments]
        return np.array([*moments, *np.percentile(values, self._percentiles)], np.float32)

    def _draw(self, path: Path) -> None:
        idxs, data = self._samples.get_data()
        rows = bool(self._moments) + bool(self._percentiles)
        figure = _matplotlib.new_figure(figsize=self._figsize)
        panels = figure.subplots(rows, len(self._keys), sharex=True, squeeze=False)
        for column, key in enumerate(self._keys):
            values = data[: len(idxs), column].T
            panels[0, column].set_title(key)
            if self._moments:
                self._draw_moments(panels[0, column], idxs, values)
            if self._percentiles:
                self._draw_percentiles(panels[-1, column], idxs, values[len(self._moments) :])
        for axes in panels.flat:
            axes.legend()
            if self._grid:
                axes.grid()
                axes.set_axisbelow(True)
        _matplotlib.save_figure(figure, path)

    def _draw_moments(self, axes: Any, idxs: Array, values: Array) -> None:
        style = {"color": _COLOR, "marker": self._marker, "label": ", ".join(self._moments)}
        if len(self._moments) == 1:
            axes.plot(idxs, values[0], **style)
        else:
            axes.errorbar(idxs, values[0], values[1], ecolor=(_COLOR, _PALE), **style)

    def _draw_percentiles(self, axes: Any, idxs: Array, values: Array) -> None:
        """Draw the middle one as a curve, those around it as bands, pair by pair."""
        middle = len(values) // 2
        for index in range(middle):
            label = "percentile" if len(values) % 2 == 0 and index == middle - 1 else None
            style = {"alpha": _PALE, "linewidth": 0, "color": _COLOR, "label": label}
            axes.fill_between(idxs, values[index], values[-index - 1], **style)
        if len(values) % 2:
            axes.plot(idxs, values[middle], color=_COLOR, label="percentile", marker=self._marker)
        axes.set_xlabel("iteration")


def _variables(targets: Any) -> tuple[Variable, ...]:
    if isinstance(targets, Variable):
        return (targets,)
    if isinstance(targets, Link):
        return tuple(targets.params(include_uninit=True))
    if isinstance(targets, (list, tuple)):
        return tuple(variable for target in targets for variable in _variables(target))
    return ()


def _as_numpy(array: Any) -> Array | None:
    """Return an array in the processor's memory."""
    if array is None or isinstance(array, np.ndarray):
        return array
    return np.asarray(array.get() if hasattr(array, "get") else array.cpu())


def _loads(serializer: Any) -> bool:
    return not isinstance(serializer, Serializer)
