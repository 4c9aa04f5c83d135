"""The error for arrays of the wrong dtype or shape."""

from __future__ import annotations

from typing import Any

from catenary.errors import CatenaryError

__all__ = ["InvalidType"]


class InvalidType(CatenaryError, TypeError):
    """A function was given arrays whose dtypes or shapes it cannot take.

    Args:
        expect: What was expected.
        actual: What was given.
        msg: The whole text; made of the other two if omitted.
    """

    def __init__(self, expect: Any, actual: Any, msg: str | None = None) -> None:
        super().__init__(f"expected {expect}, got {actual}" if msg is None else msg)
        self.expect = expect
        self.actual = actual

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.expect, self.actual, str(self))
