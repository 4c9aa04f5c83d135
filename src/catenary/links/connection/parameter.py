"""Parameter: an array as a link."""

from __future__ import annotations

from typing import Any

from catenary import functions, variable
from catenary.link import Link

__all__ = ["Parameter"]


class Parameter(Link):
    """A link that holds one array and returns it.

    Args:
        array: The values, which are not copied.

    Attributes:
        W: The parameter.
    """

    def __init__(self, array: Any) -> None:
        super().__init__()
        with self.init_scope():
            self.W = variable.Parameter(array)

    def forward(self, volatile: Any = "off") -> Any:
        """Return the values.

        Args:
            volatile: Accepted and ignored, as in Chainer.
        """
        return functions.identity(self.W)
