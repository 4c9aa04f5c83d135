"""Axes put elsewhere."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["moveaxis"]


def moveaxis(x: Any, source: Any, destination: Any) -> Variable:
    """Return a view with some axes at other places, the others in their order.

    Args:
        x: Variable or array.
        source: Axis, or tuple of axes.
        destination: Their places in the result.

    Raises:
        TypeError: `source` or `destination` is neither int nor tuple of ints.
        ValueError: They differ in length, or one names an axis twice.
        InvalidType: There is no such axis.
    """
    origins, goals = _axes("source", source), _axes("destination", destination)
    if len(origins) != len(goals):
        raise ValueError(f"{source} and {destination} differ in length")

    def check(label: str, x: torch.Tensor) -> None:
        if not all(-x.ndim <= axis < x.ndim for axis in (*origins, *goals)):
            reject(label, f"axes {source} and {destination}", x)

    def moved(x: torch.Tensor) -> torch.Tensor:
        return x.movedim(origins, goals)

    return apply("Moveaxis", moved, x, check=check)


def _axes(name: str, given: Any) -> tuple[int, ...]:
    axes = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(axis, (int, numpy.integer)) for axis in axes):
        raise TypeError(f"{name} must be an int or a tuple of ints, got {given!r}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"{name} names an axis twice: {given}")
    return tuple(int(axis) for axis in axes)
