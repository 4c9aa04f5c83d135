"""Batches: from a list of examples to a function's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.dataset.convert import _call_converter as convert

__all__ = ["apply", "convert"]


def apply(function: Callable[..., Any], batch: Any, *before: Any) -> Any:
    """Call `function` with `before` and a converted batch: tuples and dictionaries are unpacked."""
    if isinstance(batch, tuple):
        return function(*before, *batch)
    if isinstance(batch, dict):
        return function(*before, **batch)
    return function(*before, batch)
