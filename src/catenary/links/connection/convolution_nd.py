"""ConvolutionND, Convolution1D, Convolution3D: filters over one, two or three axes."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.connection._filters import FilterLink, check_bias, of_axes, sizes
from catenary.variable import Variable, as_array

__all__ = ["Convolution1D", "Convolution3D", "ConvolutionND"]


class ConvolutionND(FilterLink):
    """Convolution over `ndim` axes plus bias.

    Args:
        ndim: Number of axes after batch and channel, 1 to 3.
        in_channels: Channels of the input; None to take them from the first input.
            ``ConvolutionND(ndim, n, k)`` means ``ConvolutionND(ndim, None, n, k)``.
        out_channels: Channels of the output.
        ksize: Sizes of the filters: an integer or one an axis, as with those below.
        stride: Step of the filters.
        pad: Zeros on each side of the input.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.
        cover_all: Whether to add zeros at the ends until every place is covered.
        dilate: Distance between neighbouring taps of a filter.
        groups: Number of parts that the channels are divided into.

    Raises:
        ValueError: When `W` gets its shape, if `groups` does not divide the channels.

    Attributes:
        W: Filters, shape (out_channels, in_channels / groups, ...).
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
        initialW: Any = None,
        initial_bias: Any = None,
        cover_all: bool = False,
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
        self.cover_all = cover_all
        self.dilate = sizes(dilate, ndim)
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
        cover_all: bool = False,
        dilate: Any = 1,
        groups: int = 1,
    ) -> ConvolutionND:
        """Return a convolution with given values, which are copied.

        Args:
            W: Filters, Variable or array, shape (out_channels, in_channels / groups, ...).
            b: Bias, shape (out_channels,); 0 by default.
            stride: Step of the filters.
            pad: Zeros on each side of the input.
            nobias: Whether to do without `b`, even if it is given.
            cover_all: Whether to add zeros at the ends until every place is covered.
            dilate: Distance between neighbouring taps of a filter.
            groups: Number of parts that the channels are divided into.

        Raises:
            ValueError: If `W` and `b` do not fit.
        """
        check_bias(W, b)
        out_channels, in_channels, *ksize = W.shape
        where = (in_channels * groups, out_channels, ksize, stride, pad, nobias)
        options = (as_array(W), as_array(b), cover_all, dilate, groups)
        return ConvolutionND(len(ksize), *where, *options)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        return (self.out_channels, in_channels // self.groups, *self.ksize)

    def forward(self, x: Any) -> Variable:
        """Convolve an input of shape (batch, in_channels, ...)."""
        self._require_params(x)
        return functions.convolution_nd(
            x,
            self.W,
            self.b,
            self.stride,
            self.pad,
            self.cover_all,
            self.dilate,
            self.groups,
        )


class Convolution1D(ConvolutionND):
    """Convolution of signals (batch, channel, length); see :class:`ConvolutionND`."""

    __init__ = of_axes(1, ConvolutionND.__init__)


class Convolution3D(ConvolutionND):
    """Convolution of volumes (batch, channel, d, h, w); see :class:`ConvolutionND`."""

    __init__ = of_axes(3, ConvolutionND.__init__)
