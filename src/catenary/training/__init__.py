"""The training loop: Trainer, updaters, extensions and triggers, under Chainer's names.

May import `optimizer`, `link`, `dataset`, `iterators`, `serializers`, `reporter` and what those
stand on. Called by training programs and by the demo; no other room needs it.
"""

from __future__ import annotations

from catenary.training import extensions, triggers, updaters, util
from catenary.training.extension import (
    PRIORITY_EDITOR,
    PRIORITY_READER,
    PRIORITY_WRITER,
    Extension,
    make_extension,
)
from catenary.training.trainer import Trainer
from catenary.training.trigger import IntervalTrigger, get_trigger
from catenary.training.updater import ParallelUpdater, StandardUpdater, Updater

__all__ = [
    "PRIORITY_EDITOR",
    "PRIORITY_READER",
    "PRIORITY_WRITER",
    "Extension",
    "IntervalTrigger",
    "ParallelUpdater",
    "StandardUpdater",
    "Trainer",
    "Updater",
    "extensions",
    "get_trigger",
    "make_extension",
    "triggers",
    "updaters",
    "util",
]
