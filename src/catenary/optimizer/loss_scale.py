"""The loss scale: a number that keeps small float16 gradients from rounding to zero."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catenary.errors import LossScaleError
from catenary.optimizer.state import is_reading, read_optional

__all__ = ["LossScaling"]

MAX_SKIPS_AT_FLOOR = 25
"""Consecutive skipped steps at scale 1 after which training cannot be going anywhere."""

KEPT_CHANGES = 1000
"""Changes of the scale that are kept."""


@dataclass
class LossScaling:
    """When a dynamic scale grows and shrinks.

    Scales are powers of two, so scaling and unscaling round nothing. Before the first overflow the
    scale doubles at every step; afterwards it doubles after `interval` good steps in a row, and it
    halves on overflow. It never falls below 1 nor exceeds the largest power of two up to
    `_loss_scale_max`.

    Differs from Chainer, where the scale grows by ``2 ** (1 / interval)`` at every step.

    Attributes:
        interval: Good steps until the scale doubles; may be infinite.
        good_steps: Good steps since the scale last changed.
        overflowed: Whether any step overflowed yet.
        skips_at_floor: Consecutive overflows at scale 1.
        skipped: Steps that updated nothing.
        history: (iteration, the scale that it left) of the last changes.
    """

    interval: float
    good_steps: int = 0
    overflowed: bool = False
    skips_at_floor: int = 0
    skipped: int = 0
    history: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=KEPT_CHANGES))

    def note(self, t: int, before: float, after: float) -> None:
        """Keep a change of the scale in mind."""
        if after != before:
            self.history.append((t, after))

    def serialize(self, serializer: Any) -> None:
        """Save or load everything but the interval; a file may lack any of it."""
        for name in ("good_steps", "overflowed", "skips_at_floor", "skipped"):
            held = getattr(self, name)
            setattr(self, name, type(held)(read_optional(serializer, name, held)))
        if is_reading(serializer):
            stored = read_optional(serializer, "history", None)
            if stored is not None and not getattr(serializer, "checking", False):
                self.history.clear()
                self.history.extend((int(t), float(scale)) for t, scale in stored)
        else:
            serializer("history", np.array(self.history, np.float64).reshape(-1, 2))

    def after_good_step(self, scale: float, largest: float) -> float:
        """Return the next scale after a step whose gradients were finite."""
        self.skips_at_floor = 0
        self.good_steps += 1
        if self.overflowed and self.good_steps < self.interval:
            return self._capped(scale, largest)
        self.good_steps = 0
        return self._capped(scale * 2, largest)

    def after_overflow(self, scale: float, largest: float) -> float:
        """Return the next scale after a skipped step."""
        self.overflowed = True
        self.skipped += 1
        self.good_steps = 0
        self.skips_at_floor = self.skips_at_floor + 1 if scale <= 1 else 0
        return self._capped(scale / 2, largest)

    def check_progress(self, first_bad: str) -> None:
        """Raise LossScaleError if every recent step was skipped although the scale cannot fall."""
        if self.skips_at_floor >= MAX_SKIPS_AT_FLOOR:
            raise LossScaleError(
                f"{self.skips_at_floor} steps in a row were skipped at loss scale 1: gradients "
                "are not "
                f"finite, whatever the scale (first bad parameter: {first_bad}). The loss "
                "itself has "
                "overflowed or is NaN; lower the learning rate, clip gradients, or look at "
                "the data."
            )

    @staticmethod
    def _capped(scale: float, largest: float) -> float:
        cap = 2.0 ** math.floor(math.log2(max(largest, 1.0)))
        return max(1.0, min(scale, cap))
