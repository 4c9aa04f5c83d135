"""DilatedConvolution2D: filters with holes."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.connection._filters import FilterLink, pair
from catenary.variable import Variable

__all__ = ["DilatedConvolution2D"]


class DilatedConvolution2D(FilterLink):
    """Two-dimensional convolution whose filters' taps lie `dilate` pixels apart, plus bias.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
            ``DilatedConvolution2D(n, k)`` means ``DilatedConvolution2D(None, n, k)``.
        out_channels: Channels of the output.
        ksize: Height and width of the filters: an integer or a pair, as with those below.
        stride: Step of the filters.
        pad: Zeros on each side of the image.
        dilate: Distance between neighbouring taps of a filter.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.

    Attributes:
        W: Filters, shape (out_channels, in_channels, height, width).
        b: Bias, shape (out_channels,); None with `nobias`.
    """

    groups = 1

    def __init__(
        self,
        in_channels: int | None,
        out_channels: Any,
        ksize: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        dilate: Any = 1,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.out_channels = out_channels
        self.ksize = ksize
        self.stride = pair(stride)
        self.pad = pair(pad)
        self.dilate = pair(dilate)
        self._make_params(in_channels, nobias, initialW, initial_bias)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        return (self.out_channels, in_channels, *pair(self.ksize))

    def forward(self, x: Any) -> Variable:
        """Convolve images of shape (batch, in_channels, height, width)."""
        self._require_params(x)
        return functions.dilated_convolution_2d(
            x, self.W, self.b, self.stride, self.pad, self.dilate
        )
