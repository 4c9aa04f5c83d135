"""Reading fields that Caffe writes in more than one way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from catenary.errors import SnapshotError

__all__ = [
    "blob",
    "channels",
    "dilation",
    "height",
    "ksize",
    "num",
    "pad",
    "shape",
    "stride",
    "values",
    "width",
]


def blob(layer: Any, index: int) -> Any:
    """Return one of a layer's arrays.

    Raises:
        SnapshotError: The file has no such array.
    """
    if index < len(layer.blobs):
        return layer.blobs[index]
    raise SnapshotError(
        f"layer {layer.name!r} has {len(layer.blobs)} arrays and needs {index + 1}: the file "
        "describes the network without its weights; take the .caffemodel of a trained one"
    )


def values(blob: Any) -> npt.NDArray[Any]:
    """Return the numbers of an array, flat."""
    if len(blob.double_data):
        return np.array(blob.double_data, np.float64)
    return np.array(blob.data, np.float32)


def shape(blob: Any) -> tuple[int, ...]:
    """Return the shape of an array; old files have four sizes."""
    if len(blob.shape.dim):
        return tuple(blob.shape.dim)
    return (blob.num, blob.channels, blob.height, blob.width)


def num(blob: Any) -> int:
    """Return the number of filters in an array of them."""
    return blob.num or shape(blob)[0]


def channels(blob: Any) -> int:
    """Return the channels of the filters in an array of them."""
    return blob.channels or shape(blob)[1]


def height(blob: Any) -> int:
    """Return the rows of a matrix."""
    return blob.height or _matrix(blob)[0]


def width(blob: Any) -> int:
    """Return the columns of a matrix."""
    return blob.width or _matrix(blob)[1]


def _matrix(blob: Any) -> tuple[int, int]:
    sizes = shape(blob)
    if len(sizes) not in (2, 4):
        raise RuntimeError(f"a matrix has two axes, or four of an old file, not shape {sizes}")
    rows, columns = sizes[-2:]
    return rows, columns


def ksize(param: Any) -> Any:
    """Return the size of a window, an int or a pair; 0 where there is none."""
    if param.kernel_h > 0:
        return param.kernel_h, param.kernel_w
    return _one_or_more(param.kernel_size, 0)


def stride(param: Any) -> Any:
    """Return the step of a window, an int or a pair."""
    if param.stride_h > 0:
        return param.stride_h, param.stride_w
    return _one_or_more(param.stride, 1)


def pad(param: Any) -> Any:
    """Return the border, an int or a pair."""
    if param.pad_h > 0 or param.pad_w > 0:
        return param.pad_h, param.pad_w
    return _one_or_more(param.pad, 0)


def dilation(param: Any) -> Any:
    """Return the distance of a filter's taps, an int or a pair."""
    return _one_or_more(param.dilation, 1)


def _one_or_more(field: Any, default: int) -> Any:
    if isinstance(field, int):
        return field
    sizes = tuple(field) or (default,)
    return sizes[0] if len(sizes) == 1 else sizes
