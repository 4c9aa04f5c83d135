"""InceptionBN: filters of several sizes and pooling side by side, each normalized."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.config import get_dtype
from catenary.link import Chain
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.normalization.batch_normalization import BatchNormalization
from catenary.variable import Variable

__all__ = ["InceptionBN"]


class InceptionBN(Chain):
    """Inception with batch normalization after every convolution.

    Args:
        in_channels: Channels of the input, or None.
        out1: Channels of the 1 × 1 filters; 0 for none.
        proj3: Channels before the 3 × 3 filters.
        out3: Channels of the 3 × 3 filters.
        proj33: Channels before the two layers of 3 × 3 filters.
        out33: Channels of each of these.
        pooltype: ``"max"`` or ``"avg"``.
        proj_pool: Channels after pooling; None to leave the pooled input as it is.
        stride: Step of the last filters and of pooling; 1 where there are 1 × 1 filters.
        conv_init: Initializer of the filters.
        dtype: Of the normalization's parameters; ``config.dtype`` by default, and float16 where
            that is mixed16.

    Raises:
        NotImplementedError: If `pooltype` is neither.
        ValueError: If there are 1 × 1 filters, and `stride` is not 1 or `proj_pool` is None.

    Source: Ioffe and Szegedy, Batch normalization (2015).
    """

    def __init__(
        self,
        in_channels: int | None,
        out1: int,
        proj3: int,
        out3: int,
        proj33: int,
        out33: int,
        pooltype: str,
        proj_pool: int | None = None,
        stride: int = 1,
        conv_init: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if pooltype not in ("max", "avg"):
            raise NotImplementedError(f"pooltype must be 'max' or 'avg', got {pooltype!r}")
        if out1 > 0 and (stride != 1 or proj_pool is None):
            raise ValueError("InceptionBN with 1 × 1 filters needs stride=1 and proj_pool")
        self.out1 = out1
        self.proj_pool = proj_pool
        self.stride = stride
        self.pooltype = pooltype
        dtype = get_dtype(dtype)

        def add(name: str, channels: int | None, out: int, ksize: int, step: int = 1) -> None:
            filters = Convolution2D(channels, out, ksize, step, ksize // 2, True, conv_init)
            setattr(self, name, filters)
            setattr(self, f"{name}n", BatchNormalization(out, dtype=dtype))

        with self.init_scope():
            add("proj3", in_channels, proj3, 1)
            add("conv3", proj3, out3, 3, stride)
            add("proj33", in_channels, proj33, 1)
            add("conv33a", proj33, out33, 3)
            add("conv33b", out33, out33, 3, stride)
            if out1 > 0:
                add("conv1", in_channels, out1, 1)
            if proj_pool is not None:
                add("poolp", in_channels, proj_pool, 1)

    def _through(self, x: Any, *names: str) -> Any:
        for name in names:
            x = functions.relu(self[f"{name}n"](self[name](x)))
        return x

    def _pooled(self, x: Any) -> Any:
        if self.pooltype == "max":
            return functions.max_pooling_2d(x, 3, self.stride, 1, cover_all=False)
        return functions.average_pooling_2d(x, 3, self.stride, 1)

    def forward(self, x: Any) -> Variable:
        """Return images with out1 + out3 + out33 + proj_pool channels."""
        parts = [self._through(x, "conv1")] if self.out1 > 0 else []
        parts.append(self._through(x, "proj3", "conv3"))
        parts.append(self._through(x, "proj33", "conv33a", "conv33b"))
        pooled = self._pooled(x)
        parts.append(pooled if self.proj_pool is None else self._through(pooled, "poolp"))
        return functions.concat(parts)
