"""Sizes of windows that slide over images, with Chainer's meaning of `cover_all`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from catenary.utils.conv import get_conv_outsize, get_deconv_outsize

__all__ = [
    "as_tuple",
    "covering",
    "framed",
    "over",
    "pair",
    "require_axes",
    "spread_length",
    "tail",
    "windows",
]

Ints = Sequence[int]


def as_tuple(value: Any, axes: int) -> tuple[int, ...]:
    """Return a tuple of ints: itself, or an int as often as there are axes."""
    if type(value) is int or not hasattr(value, "__getitem__"):
        return (int(value),) * axes
    values = tuple(map(int, value))
    if len(values) != axes:
        raise ValueError(f"an int or {axes} ints are needed, got {value!r}")
    return values


def pair(value: Any) -> tuple[int, int]:
    """Return a pair of ints: itself, or an int twice."""
    first, second = as_tuple(value, 2)
    return first, second


def require_axes(x: Any, axes: int) -> None:
    """Refuse arrays with another number of axes after batch and channel.

    Raises:
        ValueError: There are more or fewer.
    """
    if len(x.shape) != axes + 2:
        raise ValueError(f"x must have {axes} axes after batch and channel, got shape {x.shape}")


_F = TypeVar("_F", bound=Callable[..., Any])


def over(axes: int, function: _F) -> _F:
    """Return a function over any number of axes as one for inputs of so many alone.

    Args:
        axes: How many axes there are after batch and channel.
        function: Its name ends in ``_nd``; its first argument is the input.
    """
    name = function.__name__.replace("_nd", f"_{axes}d")

    @functools.wraps(function)
    def narrowed(x: Any, *args: Any, **kwargs: Any) -> Any:
        require_axes(x, axes)
        return function(x, *args, **kwargs)

    narrowed.__name__ = narrowed.__qualname__ = name
    narrowed.__doc__ = f"""Do what :func:`{function.__name__}` does over {axes} axes alone.

    Raises:
        ValueError: `x` has other axes.
    """
    return narrowed  # type: ignore[return-value]


def covering(length: int, window: int, step: int, border: int) -> int:
    """Return how many windows it takes to cover every place of an axis."""
    return (length + 2 * border - window + step - 1) // step + 1


# How many windows there are along an axis, and the shortest axis for so many of them; both take
# (length or count, window, step, border, cover_all).
windows = get_conv_outsize
spread_length = get_deconv_outsize


def tail(x: torch.Tensor, window: Ints, step: Ints, border: Ints, value: float) -> torch.Tensor:
    """Append `value` at the end of each axis until windows of ordinary stepping cover the image."""
    missing = [
        max(0, (covering(n, k, s, p) - 1) * s + k - n - 2 * p)
        for n, k, s, p in zip(x.shape[2:], window, step, border, strict=True)
    ]
    return _padded(x, [0] * len(missing), missing, value) if any(missing) else x


def framed(x: torch.Tensor, border: Ints, value: float) -> torch.Tensor:
    """Return the image in a border of `value`."""
    return _padded(x, border, border, value) if any(border) else x


def _padded(x: torch.Tensor, before: Ints, after: Ints, value: float) -> torch.Tensor:
    widths: list[int] = []
    for first, last in zip(reversed(before), reversed(after), strict=True):
        widths += [first, last]
    return torch.nn.functional.pad(x, widths, value=value)
