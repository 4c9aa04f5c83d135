"""Weight decay through the gradient."""

from __future__ import annotations

from typing import Any

from catenary.optimizer import FormulaHook, hyper


class WeightDecay(FormulaHook):
    """Pull parameters toward zero:  g ← g + rate · p.

    Args:
        rate: Strength, [L/p²], any number.

    Source: Krogh and Hertz, A simple weight decay can improve generalization (1992).
    Differs: the gradient is unscaled first, so a loss scale changes nothing.
    """

    rate: float = hyper(unit="L/p²")

    @staticmethod
    def transform(p: Any, g: Any, h: Any) -> Any:
        return g + h.rate * p
