"""Arrays whose axes are some of another array's."""

from __future__ import annotations

from typing import Any

from catenary.functions.array.broadcast import broadcast_to
from catenary.functions.array.reshape import reshape
from catenary.variable import Variable

__all__ = ["along"]


def along(x: Any, y: Any, axis: int) -> Variable:
    """Return `y` in the shape of `x`: its axes are those of `x` from `axis` on.

    Raises:
        InvalidType: They are not.
    """
    after = len(x.shape) - axis - len(y.shape)
    return broadcast_to(reshape(y, (1,) * axis + tuple(y.shape) + (1,) * after), tuple(x.shape))
