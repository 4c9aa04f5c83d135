"""Units of measurement, as declarations and docstrings write them: ``p²/L``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_POWERS = {"": 1, "²": 2, "³": 3, "⁴": 4}


@dataclass(frozen=True)
class Unit:
    """p to a power times L to a power."""

    p: int = 0
    L: int = 0

    @classmethod
    def read(cls, text: str) -> Unit:
        """Read ``L²/p²``; the empty text is a pure number."""
        found = {"p": 0, "L": 0}
        above, _, below = text.partition("/")
        for part, sign in ((above, 1), (below, -1)):
            if re.fullmatch(r"([pL][²³⁴]?|1)*", part) is None:
                raise ValueError(f"{text!r} is no unit")
            for letter, power in re.findall(r"([pL])([²³⁴]?)", part):
                found[letter] += sign * _POWERS[power]
        return cls(**found)

    def factor(self, log2_p: int, log2_loss: int) -> float:
        """What a number is multiplied by when p and L are measured in 2**-log2 of the old unit."""
        return 2.0 ** (self.p * log2_p + self.L * log2_loss)
