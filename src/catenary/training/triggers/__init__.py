"""Triggers: when an extension is called, and when training stops.

A trigger is a callable that takes the trainer and returns a truth value; those here also save and
load where they stand. May import `reporter`. Called by `Trainer` and by extensions.
"""

from __future__ import annotations

from catenary.training.triggers.early_stopping_trigger import EarlyStoppingTrigger
from catenary.training.triggers.interval_trigger import IntervalTrigger
from catenary.training.triggers.manual_schedule_trigger import ManualScheduleTrigger
from catenary.training.triggers.minmax_value_trigger import (
    BestValueTrigger,
    MaxValueTrigger,
    MinValueTrigger,
)
from catenary.training.triggers.once_trigger import OnceTrigger
from catenary.training.triggers.time_trigger import TimeTrigger

__all__ = [
    "BestValueTrigger",
    "EarlyStoppingTrigger",
    "IntervalTrigger",
    "ManualScheduleTrigger",
    "MaxValueTrigger",
    "MinValueTrigger",
    "OnceTrigger",
    "TimeTrigger",
]
