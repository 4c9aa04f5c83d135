"""Convolution2D: filters that slide over images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catenary import functions
from catenary.links.connection._filters import FilterLink, check_bias, pair
from catenary.variable import Variable, as_array

__all__ = ["Convolution2D"]


class Convolution2D(FilterLink):
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
        self.stride = pair(stride)
        self.pad = pair(pad)
        self.dilate = pair(dilate)
        self.groups = int(groups)
        self._make_params(in_channels, nobias, initialW, initial_bias)

    @classmethod
    def from_params(
        cls,
        W: Any,
        b: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        *,
        dilate: Any = 1,
        groups: int = 1,
    ) -> Convolution2D:
        """Return a convolution with given values, which are copied.

        Args:
            W: Filters, Variable or array, shape (out_channels, in_channels / groups, h, w).
            b: Bias, shape (out_channels,); 0 by default.
            stride: Step of the filters.
            pad: Zeros on each side of the image.
            nobias: Whether to do without `b`, even if it is given.
            dilate: Distance between neighbouring taps of a filter.
            groups: Number of parts that the channels are divided into.

        Raises:
            ValueError: If `W` and `b` do not fit.
        """
        check_bias(W, b)
        out_channels, in_channels, *ksize = W.shape
        options = (ksize, stride, pad, nobias, as_array(W), as_array(b))
        channels = in_channels * groups
        return cls(channels, out_channels, *options, dilate=dilate, groups=groups)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        return (self.out_channels, in_channels // self.groups, *pair(self.ksize))

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
        self._require_params(x)
        return functions.convolution_2d(
            x, self.W, self.b, self.stride, self.pad, dilate=self.dilate, groups=self.groups
        )
