"""Chainer's other name for the triggers that nearly every program uses."""

from __future__ import annotations

from catenary.training.triggers.interval_trigger import IntervalTrigger
from catenary.training.util import get_trigger

__all__ = ["IntervalTrigger", "get_trigger"]
