"""Snapshots of a trainer or of one object, and how a run finds its way back to the newest."""

from __future__ import annotations

import contextlib
import functools
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from catenary.errors import SnapshotError
from catenary.serializers import save_npz
from catenary.serializers.npz import serialize
from catenary.training.extension import Extension, refuse
from catenary.training.extensions._snapshot_files import Series
from catenary.training.extensions._snapshot_seal import ITERATION, loader_of, verify
from catenary.training.extensions.snapshot_writers import SimpleWriter, Writer

__all__ = ["snapshot", "snapshot_object"]

Filename = str | Callable[[Any], str]

_POLICIES = ("raise", "warn")
_AFTER_ALL_OTHERS = -1000


def snapshot_object(
    target: Any, filename: Filename, savefun: Callable[..., Any] | None = None, **kwargs: Any
) -> Extension:
    """Return an extension that saves one object at regular intervals, once an epoch by default.

    Args:
        target: Object with a ``serialize`` method, for instance a model.
        filename: Name of the file, as for :func:`snapshot`.
        savefun: How to save, as for :func:`snapshot`.
        **kwargs: As for :func:`snapshot`.

    Raises:
        TypeError: If `savefun` and `writer` are both given, or an argument is unknown.
    """
    return snapshot(savefun, filename, target=target, **kwargs)


def snapshot(
    savefun: Callable[..., Any] | None = None,
    filename: Filename = "snapshot_iter_{.updater.iteration}",
    *,
    target: Any = None,
    condition: Callable[[], Any] | None = None,
    writer: Callable[[str, Any, Any], Any] | None = None,
    snapshot_on_error: bool = False,
    n_retains: int = -1,
    autoload: bool = False,
    on_write_error: str = "raise",
    **kwargs: Any,
) -> Extension:
    """Return an extension that saves the whole training, once an epoch by default.

    A run that was killed and is started again with ``autoload=True`` goes on from the newest whole
    snapshot to the same numbers, bit for bit, as one that was never stopped.

    Args:
        savefun: Called with a path and a dictionary of arrays; ``save_npz`` by default.
        filename: Name in the trainer's folder: a format string, given the trainer, or a function.
        target: Object to save; the trainer by default.
        condition: Called without arguments; False lets a snapshot be skipped.
        writer: One of :mod:`~catenary.training.extensions.snapshot_writers`, instead of `savefun`.
        snapshot_on_error: Whether to take one more when the loop fails.
        n_retains: How many snapshots to keep; -1 keeps all. Needs a string as `filename`.
        autoload: Whether to load the newest snapshot (npz or HDF5) before the loop. One that was
            damaged is passed over, with a warning. Needs a string as `filename`.
        on_write_error: Where the system refuses to write (a full disk, say): ``"raise"`` a
            :class:`~catenary.errors.SnapshotWriteError`, or ``"warn"`` and train on. Writers behind
            the loop's back are heard at the next snapshot, or at the end.
        **kwargs: `num_retain`, an older word for `n_retains`.

    Raises:
        TypeError: If `savefun` and `writer` are both given, or an argument is unknown.
        ValueError: If `on_write_error` is none of the two.

    Differs:
        Files carry checksum and iteration, under keys that Chainer ignores. The priority is -1000
        where the trainer is saved (Chainer: -100), so that all that happens in an iteration is in
        its snapshot. A snapshot on error does not replace a regular one of the same iteration.
    """
    retained = _retained(n_retains, **kwargs)
    if savefun is not None and writer is not None:
        raise TypeError("savefun and writer both say how to write: give one, or Writer(savefun)")
    writer = writer or SimpleWriter(savefun or save_npz)
    return _Snapshot(
        target, condition, writer, filename, snapshot_on_error, retained, autoload, on_write_error
    )


def _retained(n_retains: int, num_retain: int | None = None, **unknown: Any) -> int:
    refuse(unknown, "snapshot")
    if num_retain is None:
        return n_retains
    warnings.warn("num_retain is an older word: give n_retains", DeprecationWarning, stacklevel=3)
    return num_retain


class _Snapshot(Extension):
    """What :func:`snapshot` returns; the arguments are the same."""

    trigger = (1, "epoch")
    priority = -100

    def __init__(
        self,
        target: Any = None,
        condition: Callable[[], Any] | None = None,
        writer: Callable[[str, Any, Any], Any] | None = None,
        filename: Filename = "snapshot_iter_{.updater.iteration}",
        snapshot_on_error: bool = False,
        n_retains: int = -1,
        autoload: bool = False,
        on_write_error: str = "raise",
    ) -> None:
        if on_write_error not in _POLICIES:
            raise ValueError(f"on_write_error is 'raise' or 'warn', not {on_write_error!r}")
        self._target = target
        self.condition = condition
        self.writer = SimpleWriter() if writer is None else writer
        self.filename = filename
        self.n_retains = n_retains
        self.autoload = autoload
        self._snapshot_on_error = snapshot_on_error
        self._on_write_error = on_write_error
        self._taken: tuple[str, int] | None = None
        if target is None:
            self.priority = _AFTER_ALL_OTHERS

    def initialize(self, trainer: Any) -> None:
        """Clear up after a killed process and, with `autoload`, load the newest whole snapshot.

        Raises:
            SnapshotError: If there are snapshots and all of them are damaged, or the newest does
                not fit the target.
        """
        if not isinstance(self.filename, str):
            return
        series = Series(self.filename, trainer)
        series.remove_leftovers()
        if self.autoload:
            newest = _newest_whole(series)
            if newest is not None:
                loader_of(newest)(newest, self._target_of(trainer))
        if self.n_retains > 0 and isinstance(self.writer, Writer):
            self.writer._add_cleanup_hook(functools.partial(series.remove_stale, self.n_retains))

    def __call__(self, trainer: Any) -> None:
        """Take a snapshot, unless the condition forbids it."""
        if self.condition is None or self.condition():
            self._make_snapshot(trainer)

    def on_error(self, trainer: Any, exc: Exception, tb: Any) -> None:
        """Take a snapshot, if that was asked for."""
        if self._snapshot_on_error and self._taken != self._now(trainer):
            self._make_snapshot(trainer)

    def finalize(self) -> None:
        """Wait until everything is written."""
        finalize = getattr(self.writer, "finalize", None)
        if finalize is not None:
            with self._write_errors():
                finalize()

    def _make_snapshot(self, trainer: Any) -> None:
        name, iteration = self._now(trainer)
        values = {**serialize(self._target_of(trainer)), ITERATION: np.asarray(iteration)}
        with self._write_errors():
            self.writer(name, trainer.out, values)
            self._taken = name, iteration

    def _now(self, trainer: Any) -> tuple[str, int]:
        make = self.filename if callable(self.filename) else self.filename.format
        return make(trainer), trainer.updater.iteration

    def _target_of(self, trainer: Any) -> Any:
        return trainer if self._target is None else self._target

    @contextlib.contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._on_write_error == "raise":
                raise
            warnings.warn(f"{error}", RuntimeWarning, stacklevel=4)


def _newest_whole(series: Series) -> Any:
    """Return the newest snapshot that is not damaged, None if there has been none yet."""
    passed_over = []
    for path in series.newest_first():
        try:
            verify(path)
        except SnapshotError as error:
            passed_over.append(os.fspath(path))
            warnings.warn(
                f"the snapshot {path} is passed over: {error}", RuntimeWarning, stacklevel=2
            )
        else:
            return path
    if passed_over:
        raise SnapshotError(
            f"none of the {len(passed_over)} snapshots can be read: {', '.join(passed_over)}.\n"
            "Put back a copy of one, or remove them all to train from the beginning."
        )
    return None
