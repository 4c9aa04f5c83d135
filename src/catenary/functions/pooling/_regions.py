"""Regions of images: what functions over them take, and how a region is divided into parts."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.pooling.roi_pooling_2d import parts
from catenary.variable import Variable

__all__ = ["aligned", "pooled"]

_Reduce = Callable[[torch.Tensor], torch.Tensor]


def _size_of(outsize: Any, spatial_scale: Any) -> tuple[int, int]:
    """Return the numbers of parts from top to bottom and from left to right.

    Raises:
        TypeError: They are no positive integers, or `spatial_scale` is no positive number.
    """
    height, width = _pair(outsize)
    for size in (height, width):
        if not isinstance(size, numbers.Integral) or size <= 0:
            raise TypeError(f"outsize holds positive integers, got {outsize!r}")
    if not isinstance(spatial_scale, numbers.Real) or spatial_scale <= 0:
        raise TypeError(f"spatial_scale is a positive number, got {spatial_scale!r}")
    return int(height), int(width)


def _pair(value: Any) -> tuple[Any, Any]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _check(label: str, x: torch.Tensor, rois: torch.Tensor, indices: torch.Tensor) -> None:
    floating(label, x, rois)
    fits = x.ndim == 4 and rois.ndim == 2 and rois.shape[1] == 4 and x.dtype == rois.dtype
    if not fits or indices.dtype != torch.int32 or indices.shape != rois.shape[:1]:
        expect = "x (batch, channel, h, w), rois (region, 4) of its dtype and int32 indices"
        reject(label, expect, x, rois, indices)


def pooled(
    label: str,
    inputs: tuple[Any, Any, Any],
    outsize: Any,
    spatial_scale: Any,
    reduce: _Reduce,
    empty: float,
) -> Variable:
    """Reduce the pixels of every part of every region; `empty` where a part has none.

    Args:
        label: Name of the operation.
        inputs: Images, regions and the numbers of their images.
        outsize: Number of parts, an int or a pair.
        spatial_scale: Factor from the regions' units to pixels.
        reduce: Takes the pixels of a part, shape (channel, pixel).
        empty: The result of no pixels.
    """
    outh, outw = _size_of(outsize, spatial_scale)

    def pool(x: torch.Tensor, rois: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        found = [x.new_empty((0, x.shape[1]))]
        for number, edges in zip(indices.tolist(), rois.tolist(), strict=True):
            top, left, bottom, right = (round(edge * spatial_scale) for edge in edges)
            image = x[number]
            for up, down in parts(top, bottom - 1, outh, x.shape[2]):
                for start, end in parts(left, right - 1, outw, x.shape[3]):
                    part = image[:, up:down, start:end].flatten(1)
                    full = part.shape[1] > 0
                    one = reduce(part) if full else image.new_full(x.shape[1:2], empty)
                    found.append(one[None])
        return torch.cat(found).reshape(-1, outh, outw, x.shape[1]).permute(0, 3, 1, 2)

    return apply(label, pool, *inputs, check=_check)


def aligned(
    label: str,
    inputs: tuple[Any, Any, Any],
    outsize: Any,
    spatial_scale: Any,
    sampling_ratio: Any,
    reduce: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> Variable:
    """Reduce samples between pixels in every part of every region.

    Args:
        label: Name of the operation.
        inputs: Images, regions and the numbers of their images.
        outsize: Number of parts, an int or a pair.
        spatial_scale: Factor from the regions' units to pixels.
        sampling_ratio: Number of samples along a part, an int, None or a pair of them.
        reduce: Takes samples of shape (channel, outh, outw, sample), and where they lie in the
            image.
    """
    outh, outw = _size_of(outsize, spatial_scale)
    sampling_ratio = _pair(sampling_ratio)
    if not all(
        r is None or (isinstance(r, numbers.Integral) and int(r) >= 1) for r in sampling_ratio
    ):
        raise TypeError(f"sampling_ratio holds integers above 0 or None, got {sampling_ratio}")

    def align(x: torch.Tensor, rois: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        found = [x.new_empty((0, x.shape[1], outh, outw))]
        for number, edges in zip(indices.tolist(), rois.tolist(), strict=True):
            top, left, bottom, right = (edge * spatial_scale for edge in edges)
            rows = _Line(top, bottom, outh, sampling_ratio[0], x.shape[2], x)
            columns = _Line(left, right, outw, sampling_ratio[1], x.shape[3], x)
            samples = columns.read(rows.read(x[number].mT).mT)
            inside = rows.inside[:, None] & columns.inside
            shape = (outh, rows.count, outw, columns.count)
            order = (samples.reshape(-1, *shape), inside.reshape(1, *shape))
            found.append(reduce(*(s.transpose(2, 3).flatten(3) for s in order))[None])
        return torch.cat(found)

    return apply(label, align, *inputs, check=_check)


class _Line:
    """Samples along one axis of a region.

    Attributes:
        count: Samples in each part.
        inside: Which samples lie in the image or at most one pixel outside.
    """

    def __init__(
        self, first: float, last: float, parts: int, count: int | None, limit: int, x: torch.Tensor
    ) -> None:
        length = max(last - first, 1.0) / parts
        self.count = -int(-length // 1) if count is None else int(count)
        steps = torch.arange(parts * self.count, dtype=torch.float64, device=x.device)
        places = first + (steps // self.count + (steps % self.count + 0.5) / self.count) * length
        self.inside = (places >= -1) & (places <= limit)
        places = places.clamp(0, limit - 1)
        self.low = places.floor().long()
        self.high = (self.low + 1).clamp(max=limit - 1)
        self.share = (places - self.low).to(x.dtype)

    def read(self, values: torch.Tensor) -> torch.Tensor:
        """Interpolate along the last axis."""
        return values[..., self.low] * (1 - self.share) + values[..., self.high] * self.share
