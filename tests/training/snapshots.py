"""Runs that take snapshots, and where they go on."""

from __future__ import annotations

from pathlib import Path

from catenary.training import extensions
from tests.training.loops import trainer_of


def names(folder, pattern="*"):
    return sorted(path.name for path in Path(folder).glob(pattern))


def train(out, iterations=3, *, trigger=(1, "iteration"), **kwargs):
    trainer = trainer_of(out, iterations)
    trainer.extend(extensions.snapshot(**kwargs), trigger=trigger)
    trainer.run()
    return trainer


def starts_of(out, **kwargs):
    """The iteration from which a run goes on."""
    trainer = trainer_of(out, 1000)
    trainer.extend(extensions.snapshot(autoload=True, **kwargs))
    trainer.stop_trigger = lambda trainer: True
    trainer.run()
    return trainer.updater.iteration
