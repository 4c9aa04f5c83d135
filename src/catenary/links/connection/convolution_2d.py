"""Convolution2D: filters that slide over images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["Convolution2D"]


class Convolution2D(Link):
    """Two-dimensional convolution (cross-correlation, as everywhere in deep learning) plus bias.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
            ``Convolution2D(n, k)`` means ``Convolution2D(None, n, k)``.
        out_channels: Channels of the output.
        ksize: Height and width of the filters: an integer or a pair, as with those below.
        stride: Step of the filters.
        pad: Zeros on each side of the image.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default, drawn from
            NumPy's global generator.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.
        dilate: Distance between neighbouring taps of a filter.
        groups: Number of parts that the channels are divided into, each convolved by itself. It
            divides `in_channels` and `out_channels`.

    Raises:
        ValueError: When `W` gets its shape, if `groups` does not divide the channels.

    Attributes:
        W: Filters, shape (out_channels, in_channels / groups, height, width).
        b: Bias, shape (out_channels,); None with `nobias`.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: Any,
        ksize: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
        *,
        dilate: Any = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.ksize = ksize
        self.stride = _pair(stride)
        self.pad = _pair(pad)
        self.dilate = _pair(dilate)
        self.groups = int(groups)
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            bias = initializers._get_initializer(0 if initial_bias is None else initial_bias)
            self.b = None if nobias else Parameter(bias, out_channels)

    def _initialize_params(self, in_channels: int) -> None:
        for side, channels in (("output", self.out_channels), ("input", in_channels)):
            if channels % self.groups:
                raise ValueError(
                    f"{channels} {side} channels cannot be divided into {self.groups} groups"
                )
        height, width = _pair(self.ksize)
        self.W.initialize((self.out_channels, in_channels // self.groups, height, width))

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the arguments to print."""
        for name in ("in_channels", "out_channels", "ksize", "stride", "pad"):
            yield name, getattr(self, name)
        yield "nobias", self.b is None
        yield "dilate", self.dilate
        yield "groups", self.groups

    def forward(self, x: Any) -> Variable:
        """Convolve images.

        Args:
            x: Images, shape (batch, in_channels, height, width).

        Returns:
            Variable of shape (batch, out_channels, height', width').
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return functions.convolution_2d(
            x, self.W, self.b, self.stride, self.pad, dilate=self.dilate, groups=self.groups
        )


def _pair(value: Any) -> Any:
    return value if hasattr(value, "__getitem__") else (value, value)
