"""Sizes of convolutions, and windows over images cut out (im2col) and added up again (col2im)."""

from __future__ import annotations

from typing import Any

__all__ = [
    "col2im",
    "col2im_cpu",
    "col2im_gpu",
    "get_conv_outsize",
    "get_deconv_outsize",
    "im2col",
    "im2col_cpu",
    "im2col_gpu",
]


def get_conv_outsize(size: int, k: int, s: int, p: int, cover_all: bool = False, d: int = 1) -> int:
    """Return how many windows there are along an axis.

    Args:
        size: Length of the axis.
        k: Size of the window.
        s: Its step.
        p: Border at either end.
        cover_all: Add windows at the end until every place is in one.
        d: Distance of a window's places.
    """
    seen = k + (k - 1) * (d - 1)
    return (size + 2 * p - seen + (s - 1 if cover_all else 0)) // s + 1


def get_deconv_outsize(
    size: int, k: int, s: int, p: int, cover_all: bool = False, d: int = 1
) -> int:
    """Return the shortest axis that `size` windows slide over; see :func:`get_conv_outsize`."""
    seen = k + (k - 1) * (d - 1)
    return s * (size - 1) + seen - 2 * p - (s - 1 if cover_all else 0)


def im2col_cpu(
    img: Any,
    kh: int,
    kw: int,
    sy: int,
    sx: int,
    ph: int,
    pw: int,
    pval: float = 0,
    cover_all: bool = False,
    dy: int = 1,
    dx: int = 1,
    out_h: int | None = None,
    out_w: int | None = None,
) -> Any:
    """Return every window of images.

    Args:
        img: Array of shape (batch, channel, height, width).
        kh: Height of the window; `kw` its width.
        kw: See `kh`.
        sy: Step of the window downwards; `sx` to the right.
        sx: See `sy`.
        ph: Border above and below; `pw` left and right.
        pw: See `ph`.
        pval: Value of the border.
        cover_all: Add windows at the ends until every pixel is in one.
        dy: Distance of a window's pixels downwards; `dx` to the right.
        dx: See `dy`.
        out_h: Number of windows downwards, if not all; `out_w` to the right.
        out_w: See `out_h`.

    Returns:
        Array of shape (batch, channel, kh, kw, windows downwards, windows to the right).
    """
    from catenary.utils.conv_nd import _cut

    height, width = img.shape[2:]
    rows = get_conv_outsize(height, kh, sy, ph, cover_all, dy) if out_h is None else out_h
    columns = get_conv_outsize(width, kw, sx, pw, cover_all, dx) if out_w is None else out_w
    return _cut(img, (kh, kw), (sy, sx), (ph, pw), pval, (dy, dx), (rows, columns))


def im2col(
    img: Any,
    kh: int,
    kw: int,
    sy: int,
    sx: int,
    ph: int,
    pw: int,
    cover_all: bool = False,
    dy: int = 1,
    dx: int = 1,
    out_h: int | None = None,
    out_w: int | None = None,
) -> Any:
    """Return every window of images, with a border of zeros; see :func:`im2col_cpu`."""
    return im2col_cpu(img, kh, kw, sy, sx, ph, pw, 0, cover_all, dy, dx, out_h, out_w)


im2col_gpu = im2col


def col2im(
    col: Any, sy: int, sx: int, ph: int, pw: int, h: int, w: int, dy: int = 1, dx: int = 1
) -> Any:
    """Return images in which every window's values are added at their places.

    Args:
        col: Array as :func:`im2col_cpu` returns it.
        sy: Step of the window downwards; `sx` to the right.
        sx: See `sy`.
        ph: Border above and below; `pw` left and right.
        pw: See `ph`.
        h: Height of the images; `w` their width.
        w: See `h`.
        dy: Distance of a window's pixels downwards; `dx` to the right.
        dx: See `dy`.
    """
    from catenary.utils.conv_nd import col2im_nd

    return col2im_nd(col, (sy, sx), (ph, pw), (h, w), (dy, dx))


col2im_cpu = col2im
col2im_gpu = col2im
