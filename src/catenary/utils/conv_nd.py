"""Windows over any number of axes, cut out of images (im2col) and added up again (col2im)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from catenary.utils._modules import module_of
from catenary.utils.conv import get_conv_outsize

__all__ = [
    "as_tuple",
    "col2im_nd",
    "col2im_nd_cpu",
    "col2im_nd_gpu",
    "im2col_nd",
    "im2col_nd_cpu",
    "im2col_nd_gpu",
]

_Ints = Sequence[int]


def as_tuple(x: Any, n: int) -> tuple[Any, ...]:
    """Return `x` as a tuple of `n`: itself, or as often as needed.

    Raises:
        ValueError: It is a sequence of another length.
    """
    if not hasattr(x, "__getitem__"):
        return (x,) * n
    if len(x) != n:
        raise ValueError(f"one value or {n} are needed, got {x!r}")
    return tuple(x)


def im2col_nd(
    img: Any,
    ksize: _Ints,
    stride: _Ints,
    pad: _Ints,
    pval: float = 0,
    cover_all: bool = False,
    dilate: Any = 1,
) -> Any:
    """Return every window of images.

    Args:
        img: Array of NumPy or CuPy, shape (batch, channel, ...).
        ksize: Size of the window, one int an axis, as the next two.
        stride: Step of the window.
        pad: Border put around the image.
        pval: Value of the border.
        cover_all: Add windows at the ends until every place is in one.
        dilate: Distance of a window's places, int or one int an axis.

    Returns:
        Array of shape (batch, channel, *ksize, *number of windows).
    """
    axes = len(ksize)
    spread = as_tuple(dilate, axes)
    counts = tuple(
        get_conv_outsize(n, k, s, p, cover_all, d)
        for n, k, s, p, d in zip(img.shape[2:], ksize, stride, pad, spread, strict=True)
    )
    return _cut(img, tuple(ksize), stride, pad, pval, spread, counts)


im2col_nd_cpu = im2col_nd


def im2col_nd_gpu(
    img: Any,
    ksize: _Ints,
    stride: _Ints,
    pad: _Ints,
    cover_all: bool = False,
    dilate: Any = 1,
) -> Any:
    """Return every window of images, with a border of zeros; see :func:`im2col_nd`."""
    return im2col_nd(img, ksize, stride, pad, 0, cover_all, dilate)


def col2im_nd(col: Any, stride: _Ints, pad: _Ints, dims: _Ints, dilate: Any = 1) -> Any:
    """Return images in which every window's values are added at their places.

    Args:
        col: Array of shape (batch, channel, *ksize, *number of windows).
        stride: Step of the window, one int an axis, as the next two.
        pad: Border that the windows saw around the image.
        dims: Sizes of the images.
        dilate: Distance of a window's places, int or one int an axis.

    Returns:
        Array of shape (batch, channel, *dims).
    """
    axes = len(dims)
    ksize, counts = col.shape[2 : axes + 2], col.shape[axes + 2 :]
    spread = as_tuple(dilate, axes)
    xp = module_of(col)
    sizes = [n + 2 * p + s - 1 for n, p, s in zip(dims, pad, stride, strict=True)]
    framed = xp.zeros((*col.shape[:2], *sizes), dtype=col.dtype)
    for place, seen in _taps(ksize, stride, spread, counts):
        framed[seen] += col[place]
    inside = (..., *[slice(p, p + n) for p, n in zip(pad, dims, strict=True)])
    return framed[inside]


col2im_nd_cpu = col2im_nd
col2im_nd_gpu = col2im_nd


def _cut(
    img: Any,
    ksize: tuple[int, ...],
    stride: _Ints,
    pad: _Ints,
    pval: float,
    spread: _Ints,
    counts: tuple[int, ...],
) -> Any:
    """Return `counts` windows of images."""
    xp = module_of(img)
    border = [(p, p + s - 1) for p, s in zip(pad, stride, strict=True)]
    framed = xp.pad(img, ((0, 0), (0, 0), *border), mode="constant", constant_values=pval)
    col = xp.empty((*img.shape[:2], *ksize, *counts), dtype=img.dtype)
    for place, seen in _taps(ksize, stride, spread, counts):
        col[place] = framed[seen]
    return col


def _taps(ksize: _Ints, stride: _Ints, spread: _Ints, counts: _Ints) -> Iterator[tuple[Any, Any]]:
    """Yield, for each place of a window, its index in the windows and in the images."""
    every = slice(None)
    for place in itertools.product(*map(range, ksize)):
        starts = [d * i for d, i in zip(spread, place, strict=True)]
        seen = [slice(b, b + s * n, s) for b, s, n in zip(starts, stride, counts, strict=True)]
        yield (every, every, *place), (every, every, *seen)
