"""LogReport: the means of what was observed, kept in memory and in a file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from catenary.reporter import DictSummary
from catenary.serializer import Serializer
from catenary.serializers.atomic import replacing
from catenary.training.extension import Extension, refuse
from catenary.training.util import get_trigger

__all__ = ["LogReport"]


class LogReport(Extension):
    """Extension that averages observed values over an interval and keeps the means as a log.

    It is to be called at every iteration; its own trigger says when an interval ends. An entry of
    the log also has ``epoch``, ``iteration`` and ``elapsed_time`` (seconds).

    Args:
        keys: Names of the values to keep; all by default.
        trigger: Interval over which to average.
        postprocess: Called with each new entry, a dictionary, before it is kept.
        filename: File in the trainer's folder that holds the log as JSON; ``"log"`` by default. It
            may name values of the entry: ``"log_{iteration}"``.
        **kwargs: `log_name`, an older word for `filename`; ``log_name=None`` writes no file.

    Raises:
        TypeError: If another argument is given.

    Differs:
        The file is replaced as a whole, so that nobody ever reads half of one.
    """

    def __init__(
        self,
        keys: Iterable[str] | None = None,
        trigger: Any = (1, "epoch"),
        postprocess: Callable[[dict[str, Any]], Any] | None = None,
        filename: str | None = None,
        **kwargs: Any,
    ) -> None:
        log_name = kwargs.pop("log_name", "log")
        refuse(kwargs, type(self).__name__)
        self._keys = None if keys is None else list(keys)
        self._trigger = get_trigger(trigger)
        self._postprocess = postprocess
        self._log_name = log_name if filename is None else filename
        self._log: list[dict[str, Any]] = []
        self._summary = DictSummary()

    def __call__(self, trainer: Any) -> None:
        """Count what was observed; at the end of an interval write an entry."""
        observation = trainer.observation
        if self._keys is not None:
            observation = {key: observation[key] for key in self._keys if key in observation}
        self._summary.add(observation)
        if not (trainer.is_before_training or self._trigger(trainer)):
            return
        entry = {name: float(value) for name, value in self._summary.compute_mean().items()}
        entry["epoch"] = trainer.updater.epoch
        entry["iteration"] = trainer.updater.iteration
        entry["elapsed_time"] = trainer.elapsed_time
        if self._postprocess is not None:
            self._postprocess(entry)
        self._log.append(entry)
        if self._log_name is not None:
            text = json.dumps(self._log, indent=4)
            with replacing(Path(trainer.out) / self._log_name.format(**entry)) as stream:
                stream.write(text.encode())
        self._summary = DictSummary()

    @property
    def log(self) -> list[dict[str, Any]]:
        """The entries so far."""
        return self._log

    def serialize(self, serializer: Any) -> None:
        """Save or load the log, and the interval under way."""
        if hasattr(self._trigger, "serialize"):
            self._trigger.serialize(serializer["_trigger"])
        try:
            self._summary.serialize(serializer["_summary"])
        except KeyError:
            warnings.warn("the file does not hold the means under way", stacklevel=2)
        if isinstance(serializer, Serializer):
            serializer("_log", json.dumps(self._log))
        else:
            log = serializer("_log", "")
            if log and not getattr(serializer, "checking", False):
                self._log = json.loads(log)
