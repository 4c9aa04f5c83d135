"""What links with filters have in common: their weight, their bias, and when these get a shape."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from catenary import initializers
from catenary.link import Link
from catenary.utils.type_check import InvalidType
from catenary.variable import Parameter

__all__ = ["FilterLink", "check_bias", "of_axes", "pair", "sizes"]

_P = ParamSpec("_P")


class FilterLink(Link):
    """Base of links with filters `W` and a bias `b`.

    A subclass sets `out_channels`, `groups` and what `_filter_shape` needs; then it calls
    `_make_params`.

    Attributes:
        W: Filters.
        b: Bias, shape (out_channels,); None without bias.
    """

    out_channels: Any
    groups: int

    def _make_params(
        self, in_channels: int | None, nobias: bool, initialW: Any, initial_bias: Any
    ) -> None:
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            bias = initializers._get_initializer(0 if initial_bias is None else initial_bias)
            self.b = None if nobias else Parameter(bias, self.out_channels)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        raise NotImplementedError(f"{type(self).__name__} does not define _filter_shape")

    def _initialize_params(self, in_channels: int) -> None:
        for side, channels in (("output", self.out_channels), ("input", in_channels)):
            if channels % self.groups:
                raise ValueError(
                    f"{channels} {side} channels cannot be divided into {self.groups} groups"
                )
        self.W.initialize(self._filter_shape(in_channels))

    def _require_params(self, x: Any) -> None:
        """Let the first input say how many channels there are."""
        if not self.W.is_initialized:
            axes = len(self._filter_shape(1))
            if x.ndim != axes:
                raise InvalidType(
                    f"{axes} axes",
                    f"{x.ndim} axes",
                    f"{type(self).__name__} takes {axes} axes (samples, channels, and those of its "
                    f"filters), got an input of shape {tuple(x.shape)}",
                )
            self._initialize_params(x.shape[1])


def check_bias(W: Any, b: Any) -> None:
    """Refuse a bias that does not fit the filters.

    Raises:
        ValueError: If they differ in the number of output channels.
    """
    if b is not None and b.size != W.shape[0]:
        raise ValueError(f"W has {W.shape[0]} output channels and b {b.size} values")


def pair(value: Any) -> Any:
    """Return a pair: itself, or a number twice."""
    return value if hasattr(value, "__getitem__") else (value, value)


def sizes(value: Any, axes: int) -> tuple[int, ...]:
    """Return a tuple: of the values given, or a number as often as there are axes."""
    return tuple(value) if hasattr(value, "__getitem__") else (value,) * axes


def of_axes(
    ndim: int, init: Callable[Concatenate[Any, int, _P], None]
) -> Callable[Concatenate[Any, _P], None]:
    """Return an ``__init__`` for a fixed number of axes: without `ndim`, and `ksize` is needed."""
    parameters = [p for p in inspect.signature(init).parameters.values() if p.name != "ndim"]
    needed = [p.replace(default=p.empty) if p.name == "ksize" else p for p in parameters]
    signature = inspect.Signature(needed)

    @functools.wraps(init)
    def made(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        signature.bind(self, *args, **kwargs)
        init(self, ndim, *args, **kwargs)

    made.__signature__ = signature  # type: ignore[attr-defined]
    return made
