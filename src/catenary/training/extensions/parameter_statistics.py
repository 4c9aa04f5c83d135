"""ParameterStatistics: numbers about parameters and gradients, reported like any other value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

import numpy as np

from catenary import backend
from catenary.reporter import report
from catenary.training.extension import PRIORITY_WRITER, Extension
from catenary.training.extensions.averages import Averages

__all__ = ["ParameterStatistics"]

Statistic = Callable[[Any], Any]

_PERCENTILES = (0.13, 2.28, 15.87, 50, 84.13, 97.72, 99.87)  # of whole standard deviations


class ParameterStatistics(Extension):
    """Extension that reports statistics of the parameters of links and of their gradients.

    It is to be called at every iteration and reports means over an interval, each under a name such
    as ``predictor/l1/W/data/mean``: prefix, link's name, path of the parameter, attribute,
    statistic, and the index where a statistic has several values.

    Args:
        links: Link or links.
        statistics: Functions of a flat array, by name. ``"default"`` stands for mean, std, min,
            max, zeros (how many) and percentile (of 0, ±1, ±2, ±3 deviations); None for none.
        report_params: Whether to report parameters.
        report_grads: Whether to report gradients.
        prefix: What the names begin with.
        trigger: Interval over which to average.
        skip_nan_params: Whether an array that holds a NaN is reported as NaN without computing
            anything.

    Differs:
        A parameter without a gradient is passed over; Chainer fails. The interval under way is
        saved with the training.
    """

    default_name = "parameter_statistics"
    priority = PRIORITY_WRITER

    report_key_template = "{prefix}{link_name}{param_name}/{attr_name}/{function_name}"

    default_statistics: ClassVar[dict[str, Statistic]] = {
        "mean": lambda x: x.mean(),
        "std": lambda x: x.std(),
        "min": lambda x: x.min(),
        "max": lambda x: x.max(),
        "zeros": lambda x: (x == 0).sum(),
        "percentile": lambda x: backend.get_array_module(x).percentile(x, _PERCENTILES),
    }

    def __init__(
        self,
        links: Any,
        statistics: dict[str, Statistic] | Literal["default"] | None = "default",
        report_params: bool = True,
        report_grads: bool = True,
        prefix: str | None = None,
        trigger: Any = (1, "epoch"),
        skip_nan_params: bool = False,
    ) -> None:
        self._links: Iterable[Any] = links if isinstance(links, (list, tuple)) else (links,)
        chosen = self.default_statistics if statistics == "default" else statistics
        self._statistics = dict(chosen or {})
        wanted = (("data", report_params), ("grad", report_grads))
        self._attributes = [name for name, reported in wanted if reported]
        self._prefix = f"{prefix}/" if prefix else ""
        self._skip_nan_params = skip_nan_params
        self._averages = Averages(trigger)

    def __call__(self, trainer: Any) -> None:
        """Count the statistics of this iteration; at the end of an interval report the means."""
        values: dict[str, Any] = {}
        for link in self._links:
            for path, param in link.namedparams(include_uninit=False):
                for attribute in self._attributes:
                    array = getattr(param, attribute)
                    if array is not None:
                        start = f"{self._prefix}{link.name}"
                        values.update(self._of_array(array.ravel(), start, path, attribute))
        self._averages.add(values)
        if self._averages.is_complete(trainer):
            report(self._averages.take())

    def _of_array(self, array: Any, start: str, path: str, attribute: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        xp = backend.get_array_module(array)
        broken = self._skip_nan_params and bool(xp.isnan(array).any())
        for name, function in self._statistics.items():
            key = self.report_key_template.format(
                prefix="", link_name=start, param_name=path, attr_name=attribute, function_name=name
            )
            value: Any = np.nan if broken else function(array)
            if np.ndim(value) == 1 and len(value) > 1:
                found.update({f"{key}/{index}": each for index, each in enumerate(value)})
            else:
                found[key] = value
        return found

    def register_statistics(self, name: str, function: Statistic) -> None:
        """Add a statistic.

        Args:
            name: What it is called in reports.
            function: Called with a flat array, returns one number or several.
        """
        self._statistics[name] = function

    def serialize(self, serializer: Any) -> None:
        """Save or load the interval under way, under keys that Chainer does not write."""
        self._averages.serialize(serializer)
