"""PlotReport: observed values as curves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from catenary.serializer import Serializer
from catenary.training.extension import Extension, refuse
from catenary.training.extensions import _matplotlib
from catenary.training.extensions.averages import Averages

__all__ = ["PlotReport"]


class PlotReport(Extension):
    """Extension that draws the means of observed values over intervals as curves.

    It is to be called at every iteration; its own trigger says when an interval ends and the
    picture is drawn anew.

    Args:
        y_keys: Name or names of the values to draw.
        x_key: Value for the axis: ``"iteration"``, ``"epoch"`` or one of `y_keys`.
        trigger: Interval over which to average.
        postprocess: Called with figure, axes and the values' summary before the picture is saved;
            it may change the figure.
        filename: File in the trainer's folder, ``"plot.png"`` by default; the suffix is the format.
        marker: Matplotlib's name of the mark at each point, None for none.
        grid: Whether to draw a grid.
        **kwargs: `file_name`, an older word for `filename`.

    Raises:
        TypeError: If another argument is given.

    Differs:
        The interval under way is saved too, so that a resumed run draws the same curves. Figures
        are made without pyplot: no backend has to be chosen. `y_keys` may be None, which draws
        nothing, as Chainer's documentation says (its code fails).
    """

    def __init__(
        self,
        y_keys: str | Iterable[str] | None,
        x_key: str = "iteration",
        trigger: Any = (1, "epoch"),
        postprocess: Callable[[Any, Any, Any], Any] | None = None,
        filename: str | None = None,
        marker: str | None = "x",
        grid: bool = True,
        **kwargs: Any,
    ) -> None:
        file_name = kwargs.pop("file_name", "plot.png")
        refuse(kwargs, type(self).__name__)
        _matplotlib.available()
        self._y_keys = (y_keys,) if isinstance(y_keys, str) else tuple(y_keys or ())
        self._x_key = x_key
        self._postprocess = postprocess
        self._file_name = file_name if filename is None else filename
        self._marker = marker
        self._grid = grid
        self._averages = Averages(trigger)
        self._data: dict[str, list[list[float]]] = {key: [] for key in self._y_keys}

    @staticmethod
    def available() -> bool:
        """Return whether matplotlib is installed; warn where it is not."""
        return _matplotlib.available()

    def __call__(self, trainer: Any) -> None:
        """Count what was observed; at the end of an interval draw."""
        self._averages.add(self._values(trainer))
        if not (trainer.is_before_training or self._averages.is_complete(trainer)):
            return
        summary, means = self._averages.summary, self._averages.take()
        updater = trainer.updater
        x = {**means, "epoch": updater.epoch, "iteration": updater.iteration}[self._x_key]
        for key in self._keys(means):
            self._data.setdefault(key, []).append([x, means[key]])
        if _matplotlib.available() and any(self._data.values()):
            self._draw(Path(trainer.out, self._file_name), summary)

    def _values(self, trainer: Any) -> dict[str, Any]:
        observation = trainer.observation
        return {key: observation[key] for key in self._y_keys if key in observation}

    def _keys(self, means: dict[str, float]) -> list[str]:
        return [key for key in self._y_keys if key in means]

    def _draw(self, path: Path, summary: Any) -> None:
        figure = _matplotlib.new_figure()
        axes = figure.add_subplot()
        axes.set_xlabel(self._x_key)
        if self._grid:
            axes.grid()
        for key, points in self._data.items():
            if points:
                x, y = np.array(points).T
                axes.plot(x, y, marker=self._marker, label=key)
        self._finish(axes)
        if self._postprocess is not None:
            self._postprocess(figure, axes, summary)
        legend = axes.legend(bbox_to_anchor=(1.05, 1), loc=2, borderaxespad=0.0)
        _matplotlib.save_figure(figure, path, bbox_extra_artists=(legend,), bbox_inches="tight")

    def _finish(self, axes: Any) -> None:
        """Add to the picture, after the curves."""

    def serialize(self, serializer: Any) -> None:
        """Save or load the curves, and the interval under way."""
        key = f"_plot_{self._file_name}"
        if isinstance(serializer, Serializer):
            serializer(key, json.dumps(self._data))
        else:
            data = serializer(key, "")
            if data and not getattr(serializer, "checking", False):
                self._data = json.loads(data)
        self._averages.serialize(serializer)
