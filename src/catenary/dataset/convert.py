"""Converters: from a list of examples to the arrays that a model takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from catenary import backend

__all__ = ["Converter", "concat_examples", "concat_examples_func", "converter", "to_device"]


class Converter:
    """Base of converters: callables that turn a batch into arrays on a device."""

    def __call__(self, batch: Any, device: Any = None) -> Any:
        """Return `batch` in the form that the model takes.

        Args:
            batch: List of examples.
            device: :class:`catenary.backend.Device` to send arrays to, None to leave them.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")


class _FunctionConverter(Converter):
    """A function as a Converter; it always receives a Device, or None."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"a converter wraps a function, not a {type(function).__name__}")
        self._function = function
        self.__doc__ = function.__doc__

    def __call__(self, batch: Any, device: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self._function(batch, _device(device), *args, **kwargs)


def converter() -> Callable[[Callable[..., Any]], Converter]:
    """Return a decorator that makes a :class:`Converter` of a function of batch and device.

    Whatever specifies a device (-1, ``"@numpy"``, ...) reaches the function as a Device.
    """
    return _FunctionConverter


def to_device(device: Any, x: Any) -> Any:
    """Return an array on a device.

    Args:
        device: Device, or what :func:`catenary.backend.get_device` understands (-1 is the CPU);
            None leaves the array where it is.
        x: Array.
    """
    device = _device(device)
    return x if device is None else device.send(x)


def _device(specifier: Any) -> Any:
    return None if specifier is None else backend.get_device(specifier)


def concat_examples_func(batch: Sequence[Any], device: Any = None, padding: Any = None) -> Any:
    """Stack examples along a new first axis.

    Examples that are tuples give a tuple of arrays, dictionaries a dictionary, anything else one
    array.

    Args:
        batch: Examples: arrays, numbers, lists of numbers, or tuples or dictionaries of them.
        device: Where to send the arrays; None leaves them.
        padding: Value that fills shorter arrays up to the longest; None to insist on equal shapes.
            A tuple or dictionary gives one for each entry.

    Raises:
        ValueError: If the batch is empty, or shapes differ and `padding` is None.
    """
    if len(batch) == 0:
        raise ValueError("the batch is empty; there is nothing to concatenate")
    first = batch[0]
    if isinstance(first, (tuple, dict)):
        keys = range(len(first)) if isinstance(first, tuple) else first
        each = isinstance(padding, tuple if isinstance(first, tuple) else dict)
        arrays = {
            key: _stack([example[key] for example in batch], padding[key] if each else padding)
            for key in keys
        }
        sent = {key: to_device(device, array) for key, array in arrays.items()}
        return tuple(sent.values()) if isinstance(first, tuple) else sent
    return to_device(device, _stack(batch, padding))


concat_examples = converter()(concat_examples_func)


def _stack(arrays: Sequence[Any], padding: Any) -> Any:
    if not isinstance(arrays[0], backend.get_array_types()):
        arrays = np.array(arrays)  # type: ignore[assignment]
        if padding is None:
            return arrays
    xp = backend.get_array_module(arrays[0])
    if padding is None:
        return xp.stack(arrays)
    shape = np.max([array.shape for array in arrays], axis=0).astype(int)
    padded = xp.full((len(arrays), *shape), padding, dtype=arrays[0].dtype)
    for i, array in enumerate(arrays):
        corner = (i, *map(slice, array.shape))
        padded[corner] = array
    return padded
