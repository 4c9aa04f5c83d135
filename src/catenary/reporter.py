"""Reporter: where links and loops leave the values that somebody may want to watch."""

from __future__ import annotations

import collections
import contextlib
import copy
import json
import numbers
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from catenary.config import config
from catenary.serializer import AbstractSerializer, Serializer
from catenary.variable import Variable

__all__ = [
    "DictSummary",
    "Reporter",
    "Summary",
    "get_current_reporter",
    "report",
    "report_scope",
]


class _Current(threading.local):
    """The reporters that are current in this thread, the innermost last."""

    def __init__(self) -> None:
        self.reporters: list[Reporter] = []


_current = _Current()


class Reporter:
    """A dictionary of observed values, and the names of those who observe.

    Attributes:
        observation: Dictionary that reported values are written to.

    Example:
        >>> reporter, model, observation = Reporter(), object(), {}
        >>> reporter.add_observer("main", model)
        >>> with reporter.scope(observation):
        ...     report({"loss": 0.5}, model)
        >>> observation
        {'main/loss': 0.5}
    """

    def __init__(self) -> None:
        self._observer_names: dict[int, str] = {}
        self.observation: dict[str, Any] = {}

    def __enter__(self) -> None:
        """Make this reporter the current one."""
        _current.reporters.append(self)

    def __exit__(self, *exception: object) -> None:
        """Make the previous reporter the current one again."""
        _current.reporters.pop()

    @contextlib.contextmanager
    def scope(self, observation: dict[str, Any]) -> Iterator[None]:
        """Write to `observation`, and be the current reporter, for the length of a `with` block."""
        with self, self._writing_to(observation):
            yield

    @contextlib.contextmanager
    def _writing_to(self, observation: dict[str, Any]) -> Iterator[None]:
        before, self.observation = self.observation, observation
        try:
            yield
        finally:
            self.observation = before

    def add_observer(self, name: str, observer: object) -> None:
        """Let the values that `observer` reports be called ``name/...``.

        Args:
            name: Prefix.
            observer: Any object; it is told from others by identity.
        """
        self._observer_names[id(observer)] = name

    def add_observers(self, prefix: str, observers: Iterable[tuple[str, object]]) -> None:
        """Add (name, observer) pairs, for instance ``link.namedlinks()``, each as prefix + name."""
        for name, observer in observers:
            self.add_observer(prefix + name, observer)

    def report(self, values: Mapping[str, Any], observer: object = None) -> None:
        """Write values to the observation.

        A Variable or tensor is written without its graph, so that watching a loss does not keep the
        whole computation alive, unless ``config.keep_graph_on_report``.

        Args:
            values: Values by name.
            observer: Who observed them; None for no prefix.

        Raises:
            KeyError: If `observer` has not been added.
        """
        prefix = ""
        if observer is not None:
            if id(observer) not in self._observer_names:
                raise KeyError(
                    f"{type(observer).__name__} reports {', '.join(map(str, values))} and is not "
                    "known to this reporter; name it with add_observer(name, observer)"
                )
            prefix = self._observer_names[id(observer)] + "/"
        for name, value in values.items():
            seen = value if config.keep_graph_on_report else _let_go(value)
            self.observation[prefix + name] = seen


def get_current_reporter() -> Reporter:
    """Return this thread's current reporter.

    Raises:
        IndexError: If there is none.
    """
    if not _current.reporters:
        raise IndexError("no reporter is current; enter one with `with reporter:`")
    return _current.reporters[-1]


def report(values: Mapping[str, Any], observer: object = None) -> None:
    """Report values to the current reporter; do nothing if there is none.

    Args:
        values: Values by name.
        observer: Who observed them, usually the link itself.

    Raises:
        KeyError: If `observer` is not known to the current reporter.
    """
    if _current.reporters:
        _current.reporters[-1].report(values, observer)


@contextlib.contextmanager
def report_scope(observation: dict[str, Any]) -> Iterator[None]:
    """Let the current reporter write to `observation` for the length of a `with` block.

    Differs:
        The previous observation comes back after an exception too.
    """
    with get_current_reporter()._writing_to(observation):
        yield


class Summary:
    """Running mean and standard deviation of scalars, accumulated in float64."""

    def __init__(self) -> None:
        self._x: Any = 0.0
        self._x2: Any = 0.0
        self._n: Any = 0

    def add(self, value: Any, weight: Any = 1) -> None:
        """Count a value.

        Args:
            value: Number or array without axes.
            weight: How often it counts; at least 0.
        """
        value, weight = _in_double(value), _in_double(weight)
        self._x += weight * value
        self._x2 += weight * value * value
        self._n += weight

    def compute_mean(self) -> Any:
        """Return the weighted mean."""
        return self._x / self._n

    def make_statistics(self) -> tuple[Any, Any]:
        """Return the weighted mean and the standard deviation (of the population, not a sample).

        Differs:
            A variance that rounding has made negative counts as 0; Chainer's deviation is NaN then.
        """
        mean = self._x / self._n
        variance = max(self._x2 / self._n - mean * mean, 0.0)
        root = torch.sqrt if isinstance(variance, torch.Tensor) else np.sqrt
        return mean, root(variance)

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Save or load the sums; where a file lacks them, warn and keep what is here."""
        names = ("_x", "_x2", "_n")
        if isinstance(serializer, Serializer):
            for name in names:
                value = getattr(self, name)
                serializer(name, value.item() if isinstance(value, torch.Tensor) else value)
            return
        try:
            loaded = {name: serializer(name, None) for name in names}
        except KeyError:
            warnings.warn("the file holds no statistics; they start anew", stacklevel=2)
            return
        if not getattr(serializer, "checking", False):
            for name, value in loaded.items():
                if value is not None:
                    setattr(self, name, value.item())


class DictSummary:
    """Running mean and standard deviation of each scalar in a sequence of dictionaries."""

    def __init__(self) -> None:
        self._summaries: collections.defaultdict[str, Summary] = collections.defaultdict(Summary)

    def add(self, d: Mapping[str, Any]) -> None:
        """Count the scalars of a dictionary; whatever is no scalar is passed over.

        Args:
            d: Numbers, arrays and Variables without axes, or pairs of such a value and its weight.

        Raises:
            ValueError: If a weight is no scalar.
        """
        for name, entry in d.items():
            value, weight = entry if isinstance(entry, tuple) else (entry, 1)
            value, weight = _without_graph(value), _without_graph(weight)
            if not _is_scalar(weight):
                raise ValueError(f"the weight of {name!r} is no scalar: {weight!r}")
            if _is_scalar(value):
                self._summaries[name].add(value, weight)

    def compute_mean(self) -> dict[str, Any]:
        """Return the mean of every entry, by name."""
        return {name: summary.compute_mean() for name, summary in self._summaries.items()}

    def make_statistics(self) -> dict[str, Any]:
        """Return the mean of every entry by its name, the deviation by its name and ``.std``."""
        statistics = {}
        for name, summary in self._summaries.items():
            statistics[name], statistics[f"{name}.std"] = summary.make_statistics()
        return statistics

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Save or load every entry; where a file lacks their names, warn and start anew."""
        saving = isinstance(serializer, Serializer)
        checking = getattr(serializer, "checking", False)
        try:
            held = serializer("_names", json.dumps(list(self._summaries)) if saving else "")
            names = json.loads(held or "[]")
        except KeyError:
            warnings.warn("the file holds no names of statistics; they start anew", stacklevel=2)
            names = []
        summaries = self._summaries if saving else collections.defaultdict(Summary)
        for index, name in enumerate(names):
            summaries[name].serialize(serializer["_summaries"][str(index)])
        if not checking:
            self._summaries = summaries


def _in_double(value: Any) -> Any:
    """Return a value that is summed in double precision wherever it lives."""
    if isinstance(value, torch.Tensor):
        return value.detach().double()
    return np.float64(value) if isinstance(value, (np.ndarray, np.floating)) else value


def _let_go(value: Any) -> Any:
    """Return a value that holds no graph."""
    if isinstance(value, Variable):
        return copy.copy(value)
    return value.detach() if isinstance(value, torch.Tensor) else value


def _without_graph(value: Any) -> Any:
    return value.array if isinstance(value, Variable) else value


def _is_scalar(value: Any) -> bool:
    common = (float, int, np.generic)  # much faster to tell than an abstract class
    return isinstance(value, (*common, numbers.Number)) or getattr(value, "ndim", -1) == 0
