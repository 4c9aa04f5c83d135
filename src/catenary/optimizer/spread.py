"""Parameters of which this process holds a part: what is measured of them is put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catenary.kernel import Whole

__all__ = ["adding_up", "part_of", "whole_of"]


def adding_up(tables: Sequence[Sequence[Any]]) -> Whole | None:
    """Return what puts together sums over parts; None where every parameter is whole.

    Args:
        tables: For each table, the parameters of its rows. One that is spread over processes says
            how in its ``sharding``.
    """
    spread = [[getattr(param, "sharding", None) for param in params] for params in tables]
    for table in spread:
        for sharding in table:
            if sharding is not None:
                return sharding.adding_up(spread)  # type: ignore[no-any-return]
    return None


def whole_of(param: Any, held: Any, shape: tuple[int, ...]) -> Any:
    """Return the whole tensor, of shape `shape`; what has the parameter's shape is spread as it."""
    sharding = getattr(param, "sharding", None)
    return held if sharding is None else sharding.whole(held, shape)


def part_of(param: Any, whole: Any) -> Any:
    """Return what this process holds of a whole tensor; the inverse of :func:`whole_of`."""
    sharding = getattr(param, "sharding", None)
    return whole if sharding is None else sharding.part(whole)
