"""DeformableConvolution2D: filters whose taps move to where the image says."""

from __future__ import annotations

from typing import Any

from catenary import functions, initializers
from catenary.link import Chain
from catenary.links.connection._filters import FilterLink, pair
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.variable import Parameter, Variable

__all__ = ["DeformableConvolution2D", "DeformableConvolution2DSampler"]


class DeformableConvolution2D(Chain):
    """Convolution whose taps are moved by what another convolution says.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
        out_channels: Channels of the output.
        ksize: Height and width of the filters: an integer or a pair, as with those below.
        stride: Step of the filters.
        pad: Zeros on each side of the image.
        offset_nobias: Whether the first convolution does without bias.
        offset_initialW: Initializer of its filters; LeCunNormal by default.
        offset_initial_bias: Initializer of its bias; 0 by default.
        deform_nobias: Whether the second convolution does without bias.
        deform_initialW: Initializer of its filters; 0 by default.
        deform_initial_bias: Initializer of its bias; 0 by default.

    Attributes:
        offset_conv: Convolution2D that says how far each tap moves.
        deform_conv: DeformableConvolution2DSampler.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        ksize: Any,
        stride: Any = 1,
        pad: Any = 0,
        offset_nobias: bool = False,
        offset_initialW: Any = None,
        offset_initial_bias: Any = None,
        deform_nobias: bool = False,
        deform_initialW: Any = None,
        deform_initial_bias: Any = None,
    ) -> None:
        super().__init__()
        height, width = pair(ksize)
        window = (ksize, stride, pad)
        offset = (offset_nobias, offset_initialW, offset_initial_bias)
        deform = (deform_nobias, deform_initialW, deform_initial_bias)
        with self.init_scope():
            self.offset_conv = Convolution2D(in_channels, 2 * height * width, *window, *offset)
            self.deform_conv = DeformableConvolution2DSampler(
                in_channels, out_channels, *window, *deform
            )

    def forward(self, x: Any) -> Variable:
        """Convolve images of shape (batch, in_channels, height, width)."""
        return self.deform_conv(x, self.offset_conv(x))  # type: ignore[no-any-return]


class DeformableConvolution2DSampler(FilterLink):
    """Convolution whose taps are moved by given offsets.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
        out_channels: Channels of the output.
        ksize: Height and width of the filters: an integer or a pair, as with those below.
        stride: Step of the filters.
        pad: Zeros on each side of the image.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`; 0 by default.
        initial_bias: Initializer of `b`; 0 by default.

    Attributes:
        W: Filters, shape (out_channels, in_channels, height, width).
        b: Bias, shape (out_channels,); None with `nobias`.
    """

    groups = 1

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        ksize: Any,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        self.ksize = ksize
        self.stride = pair(stride)
        self.pad = pair(pad)
        self.out_channels = out_channels
        bias = initializers._get_initializer(0 if initial_bias is None else initial_bias)
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(0 if initialW is None else initialW))
            self.b = None if nobias else Parameter(bias)
        if in_channels is not None:
            self._initialize_params(in_channels)

    def _initialize_params(self, in_channels: int) -> None:
        super()._initialize_params(in_channels)
        if self.b is not None:
            self.b.initialize(self.out_channels)

    def _filter_shape(self, in_channels: int) -> tuple[int, ...]:
        return (self.out_channels, in_channels, *pair(self.ksize))

    def forward(self, x: Any, offset: Any) -> Variable:
        """Convolve images.

        Args:
            x: Shape (batch, in_channels, height, width).
            offset: How far each tap moves, shape (batch, 2 taps, rows, columns).
        """
        self._require_params(x)
        return functions.deformable_convolution_2d_sampler(
            x, offset, self.W, self.b, self.stride, self.pad
        )
