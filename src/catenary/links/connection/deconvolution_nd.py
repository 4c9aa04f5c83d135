"""DeconvolutionND, Deconvolution1D, Deconvolution3D: filters that spread over one to three axes."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.connection._filters import FilterLink, of_axes, sizes
from catenary.variable import Variable

__all__ = ["Deconvolution1D", "Deconvolution3D", "DeconvolutionND"]


class DeconvolutionND(FilterLink):
    """Transposed convolution over `ndim` axes plus bias.

    Args:
        ndim: Number of axes after batch and channel, 1 to 3.
        in_channels: Channels of the input; None to take them from the first input.
            ``DeconvolutionND(ndim, n, k)`` means ``DeconvolutionND(ndim, None, n, k)``.
        out_channels: Channels of the output.
        ksize: Sizes of the filters: an integer or one an axis, as with those below.
        stride: Step of the filters in the output.
        pad: Border cut from the output.
        nobias: Whether to do without `b`.
        outsize: Sizes of the output; the smallest possible by default.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.
        dilate: Distance between neighbouring taps of a filter.
        groups: Number of parts that the channels are divided into.

    Raises:
        ValueError: When `W` gets its shape, if `groups` does not divide the channels.

    Attributes:
        W: Filters, shape (in_channels, out_channels / groups, ...).
        b: Bias, shape (out_channels,); None with `nobias`.
    """

    def __init__(
        self,
        ndim: int,
        in_channels: int | None,
        out_channels: Any,
        ksize: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        outsize: Any = None,
        initialW: Any = None,
        initial_bias: Any = None,
        dilate: Any = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.out_channels = out_channels
        self.ksize = sizes(ksize, ndim)
        self.stride = stride
        self.pad = pad
        self.outsize = outsize
        self.dilate = sizes(dilate, ndim)
        self.groups = int(groups)
        self._make_params(in_channels, nobias, initialW, initial_bias)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        return (in_channels, self.out_channels // self.groups, *self.ksize)

    def forward(self, x: Any) -> Variable:
        """Spread an input of shape (batch, in_channels, ...)."""
        self._require_params(x)
        return functions.deconvolution_nd(
            x, self.W, self.b, self.stride, self.pad, self.outsize, self.dilate, self.groups
        )


class Deconvolution1D(DeconvolutionND):
    """Transposed convolution of signals (batch, channel, length); see :class:`DeconvolutionND`."""

    __init__ = of_axes(1, DeconvolutionND.__init__)


class Deconvolution3D(DeconvolutionND):
    """Transposed convolution of volumes (batch, channel, d, h, w); see :class:`DeconvolutionND`."""

    __init__ = of_axes(3, DeconvolutionND.__init__)
