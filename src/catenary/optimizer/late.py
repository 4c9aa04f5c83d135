"""Steps whose outcome the host learns later, since it waits for no device."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from catenary.kernel import Later, Launch
from catenary.optimizer.optimizer import Optimizer

__all__ = ["Awaited", "LearnsLate"]


class Awaited:
    """A step that was made and whose outcome is on its way.

    Args:
        later: What tells the outcome.
        learn: Takes notice of it; returns the paths of gradients that are not finite.
    """

    def __init__(self, later: Later, learn: Callable[[Launch], list[str]]) -> None:
        self._later, self._learn = later, learn

    def is_known(self) -> bool:
        """Return whether the outcome has arrived; waits for nothing."""
        return self._later.is_known()

    def conclude(self) -> list[str]:
        """Take notice of the outcome; wait for it if it has not arrived."""
        return self._learn(self._later.launch())


class LearnsLate(Optimizer):
    """The part of an optimizer that catches up with its device.

    On one CUDA device a step that checks for finite gradients, or keeps statistics, is queued and
    not waited for: the device itself skips and counts. What it found arrives a few steps later; a
    dynamic loss scale, warnings, `stats` and the rules' `t` follow then.
    """

    _awaited: deque[tuple[Awaited, int, float | None]] | None = None

    def synchronize(self) -> None:
        """Wait until the outcome of every step is known, and take notice of it.

        Whatever shows or saves counts calls it. Nothing is ever awaited on the CPU.

        Raises:
            GradientError: If steps were skipped, and a policy says so; see :meth:`when_not_finite`.
            LossScaleError: If gradients stay non-finite at the smallest loss scale.
        """
        self._learn(wait=True)
        if self._plan is not None:
            self._plan.catch_up()

    def _await(self, step: Awaited) -> None:
        if self._awaited is None:
            self._awaited = deque()
        self._awaited.append((step, self.t, self._loss_scale))

    def _learn(self, *, wait: bool) -> None:
        """Take notice of steps whose outcome has arrived, in their order."""
        while self._awaited and (wait or self._awaited[0][0].is_known()):
            step, t, loss_scale = self._awaited.popleft()
            self._note_non_finite(step.conclude(), t, loss_scale)
            # Steps that were on their way when the scale changed say nothing of the new one.
            if loss_scale == self._loss_scale:
                self.update_loss_scale()

    def serialize(self, serializer: Any) -> None:
        """Save or load `t`, `epoch` and the states; see :meth:`Optimizer.serialize`."""
        self.synchronize()
        super().serialize(serializer)

    def __getstate__(self) -> dict[str, Any]:
        """Wait for what is on its way; it cannot be pickled."""
        self.synchronize()
        return super().__getstate__()
