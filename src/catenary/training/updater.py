"""Chainer's other name for the updaters that nearly every program uses."""

from __future__ import annotations

from catenary.training._updater import Updater
from catenary.training.updaters.parallel_updater import ParallelUpdater
from catenary.training.updaters.standard_updater import StandardUpdater

__all__ = ["ParallelUpdater", "StandardUpdater", "Updater"]
