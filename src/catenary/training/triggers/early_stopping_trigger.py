"""EarlyStoppingTrigger: when a value has stopped getting better."""

from __future__ import annotations

import difflib
import operator
import sys
import warnings
from typing import Any

from catenary.optimizer.state import read_optional
from catenary.reporter import DictSummary
from catenary.serializer import Serializer
from catenary.training.extension import refuse
from catenary.training.util import get_trigger

__all__ = ["EarlyStoppingTrigger"]


class EarlyStoppingTrigger:
    """Trigger, meant to stop training, that fires when a value has not improved for a while.

    Args:
        check_trigger: When to compare the mean since the last comparison with the best one.
        monitor: Name of the observed value.
        patience: Comparisons in a row without improvement that it bears; 3 by default.
        mode: What is better, ``"max"`` or ``"min"``. ``"auto"`` is ``"max"`` where the name
            contains "accuracy".
        verbose: Whether to print what it decides.
        max_trigger: When to stop at the latest.
        **kwargs: `patients`, an older word for `patience`.

    Attributes:
        best: The best mean so far.
        count: Comparisons since then.

    Raises:
        TypeError: If `patience` is given twice, or an argument is unknown.

    Differs:
        Its state is saved, under keys that Chainer ignores.
    """

    def __init__(
        self,
        check_trigger: Any = (1, "epoch"),
        monitor: str = "main/loss",
        patience: int | None = None,
        mode: str = "auto",
        verbose: bool = False,
        max_trigger: Any = (100, "epoch"),
        **kwargs: Any,
    ) -> None:
        patients = kwargs.pop("patients", None)
        refuse(kwargs, type(self).__name__)
        if patience is not None and patients is not None:
            raise TypeError("'patients' is an older word for 'patience'; give one of them")
        given = patients if patience is None else patience
        self.patience = 3 if given is None else given
        self.monitor = monitor
        self.verbose = verbose
        self._check_trigger = get_trigger(check_trigger)
        self._max_trigger = get_trigger(max_trigger)
        self._summary = DictSummary()
        upwards = mode == "max" or (mode != "min" and "accuracy" in monitor)
        self._better = operator.gt if upwards else operator.lt
        self.best = float("-inf") if upwards else float("inf")
        self.count = 0
        if verbose:
            sys.stdout.write(
                f"early stopping: {'larger' if upwards else 'smaller'} {monitor} is better\n"
            )

    def __call__(self, trainer: Any) -> bool:
        """Count what was observed; return whether to stop now."""
        observation = trainer.observation
        if self.monitor in observation:
            self._summary.add({self.monitor: observation[self.monitor]})
        if self._max_trigger(trainer):
            return True
        if not self._check_trigger(trainer):
            return False
        if self.monitor not in observation:
            near = difflib.get_close_matches(self.monitor, observation, n=4, cutoff=0.0)
            more = len(observation) - len(near)
            others = f" and {more} more" * (more > 0)
            warnings.warn(
                f"early stopping watches {self.monitor!r}, which was not observed in this "
                f"iteration; there is {', '.join(near) or 'nothing'}{others}",
                stacklevel=2,
            )
            return False
        value = self._summary.compute_mean()[self.monitor]
        self._summary = DictSummary()
        if self._better(value, self.best):
            self.best, self.count = float(value), 0
        else:
            self.count += 1
        stop = self.count >= self.patience
        if stop and self.verbose:
            sys.stdout.write(f"early stopping in epoch {trainer.updater.epoch}\n")
        return stop

    def get_training_length(self) -> tuple[float, str]:
        """Return how long training lasts at most."""
        return self._max_trigger.get_training_length()  # type: ignore[attr-defined,no-any-return]

    def serialize(self, serializer: Any) -> None:
        """Save or load the best value, the patience used up, and the interval under way."""
        saving = isinstance(serializer, Serializer)
        checking = getattr(serializer, "checking", False)
        best = read_optional(serializer, "best", None if not saving else self.best)
        if best is None:  # a file of Chainer, which saves nothing here
            return
        count = serializer("count", self.count)
        self._summary.serialize(serializer["summary"])
        for name in ("_check_trigger", "_max_trigger"):
            trigger = getattr(self, name)
            if hasattr(trigger, "serialize"):
                trigger.serialize(serializer[name.strip("_")])
        if not checking:
            self.best, self.count = float(best), count
