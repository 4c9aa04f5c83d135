"""Trainer: the loop of updates, with extensions called between them."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catenary.config import using_config
from catenary.errors import annotate
from catenary.optimizer.state import read_optional
from catenary.reporter import DictSummary, Reporter
from catenary.serializer import Serializer
from catenary.training.extension import PRIORITY_READER, refuse
from catenary.training.random_state import serialize_random_state
from catenary.training.targets import observe
from catenary.training.util import get_trigger

__all__ = ["Trainer"]

_NAMES = ("name", "default_name", "__name__")


@dataclass
class _ExtensionEntry:
    """An extension, and how it was registered."""

    extension: Any
    priority: int
    trigger: Any
    call_before_training: bool


class Trainer:
    """The standard training loop.

    Each iteration updates the parameters once (the updater's part) and then calls the extensions
    whose triggers fire, in descending order of priority, those of one priority in the order of
    registration. What links and extensions report during an iteration is its `observation`.

    Args:
        updater: Updater, for instance a :class:`~catenary.training.updaters.StandardUpdater`.
        stop_trigger: When to stop: a pair such as ``(20, "epoch")`` or a trigger; None for never.
        out: Folder for what extensions write; made by :meth:`run`.
        extensions: Extensions to register.

    Attributes:
        updater: The updater.
        stop_trigger: The trigger that stops training.
        observation: Values observed in the last iteration, by name.
        out: The folder.
        reporter: Reporter that is current during the loop; the optimizers' targets and all links
            below them are its observers.

    Differs:
        Saving before :meth:`run` works. Resuming also restores hyperparameters, the states of the
        random number generators and the last observation, so that a resumed run equals one that
        was never stopped; they are saved under keys that Chainer ignores, and files of Chainer load
        as they are. To keep newly chosen hyperparameters, load with
        ``ignore_names=lambda key: "/hyperparam/" in key``.
    """

    def __init__(
        self,
        updater: Any,
        stop_trigger: Any = None,
        out: Any = "result",
        extensions: Iterable[Any] | None = None,
    ) -> None:
        self.updater = updater
        self.stop_trigger = get_trigger(stop_trigger)
        self.observation: dict[str, Any] = {}
        self.out = out
        self.reporter = Reporter()
        for name, optimizer in updater.get_all_optimizers().items():
            observe(self.reporter, name, optimizer.target)
        self._extensions: OrderedDict[str, _ExtensionEntry] = OrderedDict()
        self._at_work = "nobody"
        self._iteration = 0
        self._done = False
        self._start_at: float | None = None
        self._snapshot_elapsed_time = 0.0
        self._final_elapsed_time = 0.0
        updater.connect_trainer(self)
        for extension in extensions or ():
            self.extend(extension)

    @property
    def is_before_training(self) -> bool:
        """Whether no update has happened yet."""
        return bool(self.updater.iteration == 0)

    @property
    def elapsed_time(self) -> float:
        """Seconds of training, those before a resume included.

        Raises:
            RuntimeError: Before :meth:`run`.
        """
        if self._done:
            return self._final_elapsed_time
        if self._start_at is None:
            raise RuntimeError("training has not begun; its time runs from the call of run()")
        return time.perf_counter() - self._start_at + self._snapshot_elapsed_time

    def extend(
        self,
        extension: Any,
        name: str | None = None,
        trigger: Any = None,
        priority: int | None = None,
        *,
        call_before_training: bool = False,
        **kwargs: Any,
    ) -> None:
        """Register an extension: any callable that takes the trainer.

        Args:
            extension: The extension; see :class:`~catenary.training.Extension`.
            name: Its name; by default its attribute ``name``, ``default_name`` or ``__name__``. If
                that is taken, ``_1``, ``_2``, ... is appended.
            trigger: When to call it; by default its attribute ``trigger``, else every iteration.
            priority: When in an iteration to call it, higher is earlier; by default its attribute
                ``priority``, else ``PRIORITY_READER``.
            call_before_training: Whether to call it once more before the first update.
            **kwargs: None; words of older versions raise an error that names the new one.

        Raises:
            TypeError: If it cannot be called, is a class, or has no name and none is given.
            ValueError: If the name is ``"training"``.
        """
        refuse(kwargs, "extend")
        if isinstance(extension, type):
            made = f"{extension.__name__}(...)"
            raise TypeError(
                f"extend got the class {extension.__name__}, and needs an extension made of it: "
                f"extend({made})"
            )
        if not callable(extension):
            raise TypeError(f"{extension!r} is no extension: it cannot be called")
        names = (name, *(getattr(extension, key, None) for key in _NAMES))
        name = next((found for found in names if found is not None), None)
        if name is None:
            raise TypeError(f"{extension!r} has no name; give one: extend(extension, name='...')")
        if name == "training":
            raise ValueError("an extension may not be called 'training'; give another name")
        unique, ordinal = name, 0
        while unique in self._extensions:
            ordinal += 1
            unique = f"{name}_{ordinal}"
        if trigger is None:
            trigger = getattr(extension, "trigger", (1, "iteration"))
        if priority is None:
            priority = getattr(extension, "priority", PRIORITY_READER)
        entry = _ExtensionEntry(extension, priority, get_trigger(trigger), call_before_training)
        with contextlib.suppress(AttributeError):  # a bound method takes no attributes
            extension.name = unique
        self._extensions[unique] = entry

    def get_extension(self, name: str) -> Any:
        """Return the extension called `name`.

        Raises:
            ValueError: If there is none.
        """
        if name not in self._extensions:
            known = ", ".join(self._extensions) or "none"
            raise ValueError(f"extension {name} not found; registered are: {known}")
        return self._extensions[name].extension

    def run(self, show_loop_exception_msg: bool = True) -> None:
        """Train until the stop trigger fires.

        If something raises, the extensions' ``on_error`` are called, then every ``finalize``; the
        exception goes on with a note that says iteration, epoch and who was at work.

        Args:
            show_loop_exception_msg: Whether to print an exception to the standard error before the
                extensions are finalized, which may take long.

        Raises:
            RuntimeError: If the trainer has run already.
        """
        if self._done:
            raise RuntimeError("this trainer has run already; make a new one to train again")
        Path(self.out).mkdir(parents=True, exist_ok=True)
        entries = sorted(self._extensions.items(), key=lambda item: item[1].priority, reverse=True)
        self._start_at = time.perf_counter()
        self._initialize(entries)
        failure: BaseException | None = None
        try:
            self._loop(entries)
        except BaseException as error:
            failure = error
            if isinstance(error, Exception):
                self._handle(error, entries, show_loop_exception_msg)
            raise
        finally:
            self._finalize(entries, failure)
        self._final_elapsed_time = self.elapsed_time
        self._done = True

    def _initialize(self, entries: list[tuple[str, _ExtensionEntry]]) -> None:
        # A snapshot that is to be loaded comes first, so that all others find what it restored.
        loading_first = sorted(
            entries, key=lambda item: not getattr(item[1].extension, "autoload", False)
        )
        for name, entry in loading_first:
            initialize = getattr(entry.extension, "initialize", None)
            if initialize and not getattr(entry.trigger, "finished", False):
                try:
                    initialize(self)
                except Exception as error:
                    annotate(error, f"while the extension {name!r} was initialized")
                    raise

    def _loop(self, entries: list[tuple[str, _ExtensionEntry]]) -> None:
        update, scope = self.updater.update, self.reporter.scope
        labelled = [(f"the extension {name!r}", entry) for name, entry in entries]
        self._iteration = self.updater.iteration
        if self.is_before_training:
            self.observation = {}
            with scope(self.observation):
                for label, entry in labelled:
                    if entry.call_before_training:
                        self._at_work = label
                        entry.extension(self)
        self._at_work = "the stop trigger"
        while not self.stop_trigger(self):
            self.observation = {}
            with scope(self.observation):
                self._at_work = "the updater"
                self._iteration = self.updater.iteration + 1
                update()
                for label, entry in labelled:
                    self._at_work = label
                    if entry.trigger(self):
                        entry.extension(self)
            self._at_work = "the stop trigger"

    def _handle(
        self, error: Exception, entries: list[tuple[str, _ExtensionEntry]], show: bool
    ) -> None:
        """Say where an exception was raised, and tell the extensions of it."""
        detail = getattr(self.updater, "epoch_detail", None)
        epoch = f" (epoch {detail:.3f})" if isinstance(detail, (int, float)) else ""
        where = f"in iteration {self._iteration}{epoch} of the training loop, by {self._at_work}"
        annotate(error, f"raised {where}")
        if show or sys.version_info < (3, 11):  # Python 3.10 stores notes and does not print them
            _print_error(f"Exception in main training loop: {error}", error)
            sys.stderr.write(
                f"It was raised {where}. Extensions and updater are finalized before it goes on.\n"
            )
        for name, entry in entries:
            handler = getattr(entry.extension, "on_error", None)
            if handler:
                try:
                    handler(self, error, error.__traceback__)
                except Exception as another:  # noqa: BLE001 - every handler shall be called
                    _print_error(f"Exception in the error handler of {name!r}: {another}", another)

    def _finalize(
        self, entries: list[tuple[str, _ExtensionEntry]], failure: BaseException | None
    ) -> None:
        """Finalize all, whatever some of them raise; an exception of the loop goes first."""
        parts = [(f"the extension {name!r}", entry.extension) for name, entry in entries]
        raised: Exception | None = None
        for label, part in (*parts, ("the updater", self.updater)):
            finalize = getattr(part, "finalize", None)
            try:
                if finalize:
                    finalize()
            except Exception as error:  # noqa: BLE001 - the others are finalized all the same
                annotate(error, f"while {label} was finalized")
                if failure or raised:
                    _print_error(f"Exception while {label} was finalized: {error}", error)
                else:
                    raised = error
        if raised:
            raise raised

    def serialize(self, serializer: Any) -> None:
        """Save or load updater, triggers, extensions, and what else a resumed run needs."""
        with using_config("restore_hyperparams", True):
            self.updater.serialize(serializer["updater"])
        if hasattr(self.stop_trigger, "serialize"):
            self.stop_trigger.serialize(serializer["stop_trigger"])
        for name, entry in self._extensions.items():
            if hasattr(entry.extension, "serialize"):
                entry.extension.serialize(serializer["extensions"][name])
            if hasattr(entry.trigger, "serialize"):
                entry.trigger.serialize(serializer["extension_triggers"][name])
        if isinstance(serializer, Serializer):
            begun = self._done or self._start_at is not None
            elapsed = self.elapsed_time if begun else self._snapshot_elapsed_time
            serializer("_snapshot_elapsed_time", elapsed)
            serializer("_observation", json.dumps(_scalars(self.observation)))
        else:
            elapsed = serializer("_snapshot_elapsed_time", 0.0)
            observation = read_optional(serializer, "_observation", "")
            if not getattr(serializer, "checking", False):
                self._snapshot_elapsed_time = elapsed
                self.observation = json.loads(observation or "{}")
        serialize_random_state(serializer["random_state"])


def _scalars(observation: dict[str, Any]) -> dict[str, float]:
    """Return what can be averaged of an observation."""
    summary = DictSummary()
    summary.add(observation)
    return {name: float(value) for name, value in summary.compute_mean().items()}


def _print_error(headline: str, error: BaseException) -> None:
    sys.stderr.write(f"{headline}\nTraceback (most recent call last):\n")
    traceback.print_tb(error.__traceback__)
