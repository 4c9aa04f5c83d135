"""Base of poolings over images that programs write themselves."""

from __future__ import annotations

from typing import Any

from catenary.function_node import FunctionNode
from catenary.functions._window import pair
from catenary.utils import type_check

__all__ = ["Pooling2D"]


class Pooling2D(FunctionNode):
    """A function over windows of images; a subclass defines `forward` and `backward`.

    Args:
        ksize: Size of the window, int or pair.
        stride: Step of the window; its size if omitted.
        pad: Border around the image.
        cover_all: Whether windows are added until every pixel is in one.
        return_indices: Whether the subclass keeps where each value was found.

    Attributes:
        kh, kw, sy, sx, ph, pw: The sizes, downwards and to the right.
    """

    def __init__(
        self,
        ksize: Any,
        stride: Any = None,
        pad: Any = 0,
        cover_all: bool = True,
        return_indices: bool = False,
    ) -> None:
        self.kh, self.kw = pair(ksize)
        self.sy, self.sx = pair(ksize if stride is None else stride)
        self.ph, self.pw = pair(pad)
        self.cover_all = cover_all
        self.return_indices = return_indices

    def check_type_forward(self, in_types: Any) -> None:
        """Expect one floating array of shape (batch, channel, height, width)."""
        type_check.expect(
            in_types.size() == 1, in_types[0].dtype.kind == "f", in_types[0].ndim == 4
        )
