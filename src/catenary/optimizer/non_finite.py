"""What happens where gradients are not finite."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

from catenary.errors import GradientError

__all__ = ["NonFinite", "Policy"]

Policy = Literal["skip", "raise"]


@dataclass
class NonFinite:
    """A policy and what it saw.

    Attributes:
        policy: 'skip' such a step, 'raise' an error, or None: do not look (unless a dynamic loss
            scale makes the optimizer look, which skips).
        stop_after: Consecutive skipped steps after which an error is raised; None: never.
        in_a_row: Consecutive skipped steps so far.
        paths: Parameters whose gradients were not finite in the last step.
    """

    policy: Policy | None = None
    stop_after: int | None = None
    in_a_row: int = 0
    paths: tuple[str, ...] = ()

    def note(self, paths: tuple[str, ...], t: int, loss_scale: float | None) -> None:
        """Take notice of what a step found; nothing has been updated.

        Raises:
            GradientError: As the policy says.
        """
        self.paths = paths
        if not paths:
            self.in_a_row = 0
            return
        self.in_a_row += 1
        first, more = paths[:3], len(paths) - 3
        named = ", ".join(first) + (f" and {more} more" if more > 0 else "")
        said = f"gradient of {named} is" if len(first) == 1 else f"gradients of {named} are"
        told = f"the {said} not finite (iteration {t}, loss scale {loss_scale})"
        if self.policy == "raise":
            raise GradientError(f"{told}; nothing was updated.")
        if self.stop_after is not None and self.in_a_row >= self.stop_after:
            raise GradientError(
                f"{told}, in {self.in_a_row} steps in a row; nothing was updated in them. Lower "
                f"the learning rate, clip gradients, or look at the data."
            )
        warnings.warn(f"{told}; this step updates nothing", UserWarning, stacklevel=5)
