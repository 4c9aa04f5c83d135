"""Deconvolution2D: filters that spread the pixels of images."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.connection._filters import FilterLink, pair
from catenary.variable import Variable

__all__ = ["Deconvolution2D"]


class Deconvolution2D(FilterLink):
    """Transposed two-dimensional convolution plus bias.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
            ``Deconvolution2D(n, k)`` means ``Deconvolution2D(None, n, k)``.
        out_channels: Channels of the output.
        ksize: Height and width of the filters: an integer or a pair, as with those below.
        stride: Step of the filters in the output.
        pad: Border cut from the output.
        nobias: Whether to do without `b`.
        outsize: Height and width of the output; the smallest possible by default.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default, drawn from
            NumPy's global generator.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.
        dilate: Distance between neighbouring taps of a filter.
        groups: Number of parts that the channels are divided into.

    Raises:
        ValueError: When `W` gets its shape, if `groups` does not divide the channels.

    Attributes:
        W: Filters, shape (in_channels, out_channels / groups, height, width).
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
        outsize: Any = None,
        initialW: Any = None,
        initial_bias: Any = None,
        *,
        dilate: Any = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.out_channels = out_channels
        self.ksize = ksize
        self.stride = pair(stride)
        self.pad = pair(pad)
        self.dilate = pair(dilate)
        self.outsize = (None, None) if outsize is None else outsize
        self.groups = int(groups)
        self._make_params(in_channels, nobias, initialW, initial_bias)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        return (in_channels, self.out_channels // self.groups, *pair(self.ksize))

    def forward(self, x: Any) -> Variable:
        """Spread images.

        Args:
            x: Images, shape (batch, in_channels, height, width).

        Returns:
            Variable of shape (batch, out_channels, height', width').
        """
        self._require_params(x)
        outsize = None if tuple(self.outsize) == (None, None) else self.outsize
        return functions.deconvolution_2d(
            x,
            self.W,
            self.b,
            self.stride,
            self.pad,
            outsize,
            dilate=self.dilate,
            groups=self.groups,
        )
