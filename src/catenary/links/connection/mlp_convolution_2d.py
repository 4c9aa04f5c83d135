"""MLPConvolution2D: a small network at every place of an image."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from catenary import functions
from catenary.link import ChainList
from catenary.links.connection.convolution_2d import Convolution2D

__all__ = ["MLPConvolution2D"]


class MLPConvolution2D(ChainList):
    """Convolution followed by layers of 1 × 1 convolutions, with activations between them.

    Args:
        in_channels: Channels of the input; None to take them from the first input.
            ``MLPConvolution2D(outs, k)`` means ``MLPConvolution2D(None, outs, k)``.
        out_channels: Channels of each layer.
        ksize: Size of the first layer's filters, an integer or a pair.
        stride: Step of the first layer's filters.
        pad: Zeros on each side of the image.
        activation: Function between the layers.
        conv_init: Initializer of the filters.
        bias_init: Initializer of the biases.

    Source: Lin et al., Network in network (2013).
    """

    def __init__(
        self,
        in_channels: Any,
        out_channels: Any,
        ksize: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        activation: Callable[[Any], Any] = functions.relu,
        *,
        conv_init: Any = None,
        bias_init: Any = None,
    ) -> None:
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        first, *_ = out_channels
        options = {"initialW": conv_init, "initial_bias": bias_init}
        super().__init__(Convolution2D(in_channels, first, ksize, stride, pad, **options))
        self.activation = activation
        for before, after in itertools.pairwise(out_channels):
            self.append(Convolution2D(before, after, 1, **options))

    def forward(self, x: Any) -> Any:
        """Return images with as many channels as the last layer has."""
        *inner, last = self
        for layer in inner:
            x = self.activation(layer(x))
        return last(x)
