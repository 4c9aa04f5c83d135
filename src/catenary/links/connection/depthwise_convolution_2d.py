"""DepthwiseConvolution2D: filters for each channel by itself."""

from __future__ import annotations

import math
from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.links.connection._filters import pair
from catenary.variable import Parameter, Variable

__all__ = ["DepthwiseConvolution2D"]


class DepthwiseConvolution2D(Link):
    """Two-dimensional convolution of each channel with filters of its own, plus bias.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
        channel_multiplier: Filters for each channel.
        ksize: Height and width of the filters: an integer or a pair, as with those below.
        stride: Step of the filters.
        pad: Zeros on each side of the image.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; HeNormal(1 / √2) by default.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.

    Attributes:
        W: Filters, shape (channel_multiplier, in_channels, height, width).
        b: Bias, shape (channel_multiplier · in_channels,); None with `nobias`.
    """

    def __init__(
        self,
        in_channels: int | None,
        channel_multiplier: int,
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
        self.channel_multiplier = channel_multiplier
        self.nobias = nobias
        initialW = initializers.HeNormal(1.0 / math.sqrt(2)) if initialW is None else initialW
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(initialW))
            bias = initializers._get_initializer(0 if initial_bias is None else initial_bias)
            self.b = None if nobias else Parameter(bias)
        if in_channels is not None:
            self._initialize_params(in_channels)

    def _initialize_params(self, in_channels: int) -> None:
        self.W.initialize((self.channel_multiplier, in_channels, *pair(self.ksize)))
        if self.b is not None:
            self.b.initialize(self.channel_multiplier * in_channels)

    def forward(self, x: Any) -> Variable:
        """Convolve images of shape (batch, in_channels, height, width)."""
        if not self.W.is_initialized:
            self._initialize_params(x.shape[1])
        return functions.depthwise_convolution_2d(x, self.W, self.b, self.stride, self.pad)
