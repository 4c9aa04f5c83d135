"""LocalConvolution2D: other filters at every place."""

from __future__ import annotations

from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.links.connection._filters import pair
from catenary.variable import Parameter, Variable

__all__ = ["LocalConvolution2D"]


class LocalConvolution2D(Link):
    """Two-dimensional convolution whose filters are not shared between places, plus bias.

    Args:
        in_channels: Channels of the input; None to take them and `in_size` from the first input.
        out_channels: Channels of the output.
        in_size: Height and width of the input: an integer or a pair, as with those below.
        ksize: Height and width of the filters.
        stride: Distance of the patches.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.

    Attributes:
        W: Filters, shape (out_channels, rows, columns, in_channels, height, width).
        b: Bias, shape (out_channels, rows, columns); None with `nobias`.

    Differs: with a stride above 1, `W` has as many places as there are patches; Chainer's has one
    for every pixel and then fails.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        in_size: Any = None,
        ksize: Any = None,
        stride: Any = 1,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        self.ksize = ksize
        self.stride = pair(stride)
        self.nobias = nobias
        self.out_channels = out_channels
        self.b: Any = None
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(initialW))
            if not nobias:
                bias = 0 if initial_bias is None else initial_bias
                self.b = Parameter(initializers._get_initializer(bias))
        if in_channels is not None and in_size is not None:
            self._initialize_params(in_channels, pair(in_size))

    def _initialize_params(self, in_channels: int, in_size: Any) -> None:
        filters = pair(self.ksize)
        sizes = zip(in_size, filters, self.stride, strict=True)
        places = [(length - taps) // step + 1 for length, taps, step in sizes]
        self.W.initialize((self.out_channels, *places, in_channels, *filters))
        if self.b is not None:
            self.b.initialize((self.out_channels, *places))

    def forward(self, x: Any) -> Variable:
        """Convolve images of shape (batch, in_channels, height, width)."""
        if not self.W.is_initialized:
            self._initialize_params(x.shape[1], x.shape[2:])
        return functions.local_convolution_2d(x, self.W, self.b, self.stride)
