"""Inception: filters of three sizes and pooling side by side."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Chain
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.variable import Variable

__all__ = ["Inception"]


class Inception(Chain):
    """GoogLeNet's module: 1 × 1, 3 × 3 and 5 × 5 filters and pooling, their outputs concatenated.

    Args:
        in_channels: Channels of the input, or None.
        out1: Channels of the 1 × 1 filters.
        proj3: Channels before the 3 × 3 filters.
        out3: Channels of the 3 × 3 filters.
        proj5: Channels before the 5 × 5 filters.
        out5: Channels of the 5 × 5 filters.
        proj_pool: Channels after pooling.
        conv_init: Initializer of the filters.
        bias_init: Initializer of the biases.

    Source: Szegedy et al., Going deeper with convolutions (2014).
    """

    def __init__(
        self,
        in_channels: int | None,
        out1: int,
        proj3: int,
        out3: int,
        proj5: int,
        out5: int,
        proj_pool: int,
        conv_init: Any = None,
        bias_init: Any = None,
    ) -> None:
        super().__init__()

        def convolution(channels: int | None, out: int, ksize: int) -> Convolution2D:
            return Convolution2D(channels, out, ksize, 1, ksize // 2, False, conv_init, bias_init)

        with self.init_scope():
            self.conv1 = convolution(in_channels, out1, 1)
            self.proj3 = convolution(in_channels, proj3, 1)
            self.conv3 = convolution(proj3, out3, 3)
            self.proj5 = convolution(in_channels, proj5, 1)
            self.conv5 = convolution(proj5, out5, 5)
            self.projp = convolution(in_channels, proj_pool, 1)

    def forward(self, x: Any) -> Variable:
        """Return images with out1 + out3 + out5 + proj_pool channels."""
        parts = (
            self.conv1(x),
            self.conv3(functions.relu(self.proj3(x))),
            self.conv5(functions.relu(self.proj5(x))),
            self.projp(functions.max_pooling_2d(x, 3, stride=1, pad=1)),
        )
        return functions.relu(functions.concat(parts))
