"""The modules of `chainer.utils` that programs import by name; each says what it is for.

Calls errors, and variable for sparse matrices.
Called by functions and links when they check what they are given.
"""

from __future__ import annotations

import collections.abc as collections_abc
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from catenary.utils.array import size_of_shape, sum_to
from catenary.utils.conv import get_conv_outsize, get_deconv_outsize
from catenary.utils.experimental import experimental
from catenary.utils.sparse import CooMatrix, get_order, to_coo
from catenary.utils.walker_alias import WalkerAlias

__all__ = [
    "CooMatrix",
    "WalkerAlias",
    "collections_abc",
    "experimental",
    "force_array",
    "force_type",
    "get_conv_outsize",
    "get_deconv_outsize",
    "get_order",
    "size_of_shape",
    "sum_to",
    "tempdir",
    "to_coo",
]


def force_array(x: Any, dtype: Any = None) -> Any:
    """Return a scalar as an array without axes, an array as it is or cast.

    Args:
        x: Scalar or array.
        dtype: Dtype of the result; that of `x` by default.
    """
    if np.isscalar(x):
        return np.array(x) if dtype is None else np.array(x, dtype)
    return x if dtype is None else x.astype(dtype, copy=False)


def force_type(dtype: Any, value: Any) -> Any:
    """Return a scalar or an array in a dtype; an array that has it is returned as it is."""
    if np.isscalar(value):
        return np.dtype(dtype).type(value)
    return value.astype(dtype, copy=False)


@contextlib.contextmanager
def tempdir(**kwargs: Any) -> Iterator[str]:
    """Make a temporary folder for the length of a `with` block.

    Args:
        kwargs: Those of `tempfile.mkdtemp`, and `ignore_errors` for its removal.
    """
    ignore_errors = kwargs.pop("ignore_errors", False)
    folder = tempfile.mkdtemp(**kwargs)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=ignore_errors)
