"""Values put back from windows to the places that the windows saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from catenary.functions._apply import floating, reject
from catenary.functions._window import as_tuple, spread_length, windows

__all__ = ["Spreading"]


class Spreading:
    """The image that windows came from.

    Args:
        x: Array with one value a window, shape (batch, channel, ...).
        ksize: Size of the window, int or one int an axis, as the next two.
        stride: Step of the window; its size if None.
        pad: Border that the windows saw around the image.
        outsize: Sizes of the image; the smallest possible if None.
        cover_all: Whether the last windows may reach beyond the image.
    """

    def __init__(
        self, x: Any, ksize: Any, stride: Any, pad: Any, outsize: Any, cover_all: bool
    ) -> None:
        self.axes = len(x.shape) - 2
        if not 1 <= self.axes <= 3:
            raise ValueError(f"one to three axes after batch and channel, got shape {x.shape}")
        self.window = as_tuple(ksize, self.axes)
        self.step = self.window if stride is None else as_tuple(stride, self.axes)
        self.border = as_tuple(pad, self.axes)
        self.cover_all = cover_all
        self.sizes: tuple[int, ...]
        if outsize is None:
            self.sizes = tuple(
                spread_length(*n, cover_all)
                for n in zip(x.shape[2:], self.window, self.step, self.border, strict=True)
            )
        else:
            self.sizes = as_tuple(outsize, self.axes)

    def check(self, label: str, x: torch.Tensor) -> None:
        """Check that windows over the image give as many values as `x` has."""
        floating(label, x)
        needed = [
            windows(*n, self.cover_all)
            for n in zip(self.sizes, self.window, self.step, self.border, strict=True)
        ]
        if list(x.shape[2:]) != needed:
            reject(label, f"{tuple(needed)} windows for an image of {self.sizes}", x)

    def canvas(self, counts: Sequence[int]) -> tuple[int, ...]:
        """Return the sizes of what so many windows see, border included."""
        return tuple(
            s * (n - 1) + k for n, k, s in zip(counts, self.window, self.step, strict=True)
        )

    def cut(self, y: torch.Tensor) -> torch.Tensor:
        """Return the image out of all that the windows see; zeros where none of them looks."""
        edges: list[int] = []
        for size, all_of_it, before in zip(
            reversed(self.sizes), reversed(y.shape[2:]), reversed(self.border), strict=True
        ):
            edges += [-before, size + before - all_of_it]
        return torch.nn.functional.pad(y, edges) if any(edges) else y
