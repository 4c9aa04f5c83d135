"""What γ, β and the averages start with, in the dtype that a normalization wants."""

from __future__ import annotations

import copy
from typing import Any

from catenary import initializers

__all__ = ["initializer_of"]


def initializer_of(initial: Any, default: float, dtype: Any) -> Any:
    """Return an initializer of this dtype; one that is given stays as it is.

    Args:
        initial: Initializer, array or number, or None for the default.
        default: The number for None.
        dtype: Of the arrays to be made.
    """
    made = copy.copy(initializers._get_initializer(default if initial is None else initial))
    made.dtype = dtype
    return made
