"""How examples become arrays: stacked part by part, padded where they differ in shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from catenary import backend
from catenary.dataset.batch import stacked

__all__ = ["stack", "stack_parts"]


def stack_parts(batch: Sequence[Any], padding: Any, send: Callable[[Any], Any]) -> Any:
    """Return the stacked parts of a batch: a tuple, a dictionary, or one array.

    Args:
        batch: Examples.
        padding: As :func:`catenary.dataset.concat_examples` takes it.
        send: What to do with each stacked array.

    Raises:
        ValueError: If the batch is empty, or shapes differ and `padding` is None.
    """
    if len(batch) == 0:
        raise ValueError("the batch is empty; there is nothing to concatenate")
    whole = stacked(batch)
    if whole is not None:
        return _each(whole, send)
    first = batch[0]
    if isinstance(first, tuple):
        paddings = padding if isinstance(padding, tuple) else (padding,) * len(first)
        parts = ([example[i] for example in batch] for i in range(len(first)))
        return tuple(send(stack(part, paddings[i])) for i, part in enumerate(parts))
    if isinstance(first, dict):
        named = padding if isinstance(padding, dict) else dict.fromkeys(first, padding)
        return {key: send(stack([example[key] for example in batch], named[key])) for key in first}
    return send(stack(batch, padding))


def _each(arrays: Any, send: Callable[[Any], Any]) -> Any:
    if isinstance(arrays, tuple):
        return tuple(map(send, arrays))
    if isinstance(arrays, dict):
        return {key: send(array) for key, array in arrays.items()}
    return send(arrays)


def stack(arrays: Any, padding: Any) -> Any:
    """Return arrays (tensors, numbers, lists of numbers) stacked along a new first axis.

    Args:
        arrays: One for each example.
        padding: Value that fills shorter arrays up to the longest; None to insist on equal shapes.

    Raises:
        ValueError: If shapes differ and `padding` is None, or numbers of axes differ.
    """
    if isinstance(arrays[0], torch.Tensor):
        xp: Any = torch
    elif isinstance(arrays[0], backend.get_array_types()):
        xp = backend.get_array_module(arrays[0])
    else:
        arrays = np.array(arrays)
        if padding is None:
            return arrays
        xp = np
    shapes = {tuple(array.shape) for array in arrays}
    if padding is not None:
        return _padded(arrays, shapes, padding, xp)
    if len(shapes) > 1:
        raise ValueError(
            f"examples of a batch must have the same shape, but here are {sorted(shapes)}; "
            "give `padding` to fill them up, or a converter of your own"
        )
    if xp is np and arrays[0].ndim > 0:
        return np.concatenate(arrays).reshape(len(arrays), *arrays[0].shape)
    return xp.stack(list(arrays))


def _padded(arrays: Any, shapes: set[tuple[int, ...]], padding: Any, xp: Any) -> Any:
    if len(set(map(len, shapes))) > 1:
        raise ValueError(
            f"arrays of shapes {sorted(shapes)} cannot be padded to one shape: "
            "their numbers of axes differ"
        )
    largest = tuple(map(max, zip(*shapes, strict=True)))
    kind = {"dtype": arrays[0].dtype} | ({"device": arrays[0].device} if xp is torch else {})
    padded = xp.full((len(arrays), *largest), padding, **kind)
    for i, array in enumerate(arrays):
        corner = (i, *map(slice, array.shape))
        padded[corner] = array
    return padded
