"""Converters: from a list of examples to the arrays that a model takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catenary import backend
from catenary.dataset.stacking import stack as _concat_arrays
from catenary.dataset.stacking import stack_parts
from catenary.dataset.transfer import ConcatWithAsyncTransfer

__all__ = [
    "ConcatWithAsyncTransfer",
    "Converter",
    "concat_examples",
    "concat_examples_func",
    "converter",
    "to_device",
]


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
        self.base_callable = function
        self.__doc__ = function.__doc__

    def __call__(self, batch: Any, device: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self.base_callable(batch, _device(device), *args, **kwargs)


def converter() -> Callable[[Callable[..., Any]], Converter]:
    """Return a decorator that makes a :class:`Converter` of a function of batch and device.

    Whatever specifies a device (-1, ``"@numpy"``, ...) reaches the function as a Device.
    """
    return _FunctionConverter


def _call_converter(converter: Callable[..., Any], batch: Any, device: Any) -> Any:
    """Call a converter as it expects: a Converter with a Device, a function with a GPU's number.

    Functions of Chainer's older programs compare the device with 0; for the CPU they get -1.
    """
    device = _device(device)
    if device is None or isinstance(converter, (Converter, ConcatWithAsyncTransfer)):
        return converter(batch, device)
    return converter(batch, device.id if isinstance(device, backend.GpuDevice) else -1)


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


def _concat_arrays_with_padding(arrays: Sequence[Any], padding: Any) -> Any:
    """Return arrays stacked and padded: Chainer's name for it, which converters import."""
    return _concat_arrays(arrays, padding)


def concat_examples_func(batch: Sequence[Any], device: Any = None, padding: Any = None) -> Any:
    """Stack examples along a new first axis.

    Examples that are tuples give a tuple of arrays, dictionaries a dictionary, anything else one
    array. A batch that an iterator has read from arrays in memory costs one indexing of each array.

    Args:
        batch: Examples: arrays, tensors, numbers, lists of numbers, or tuples or dictionaries of
            them.
        device: Where to send the arrays; None leaves them.
        padding: Value that fills shorter arrays up to the longest; None to insist on equal shapes.
            A tuple or dictionary gives one for each entry.

    Raises:
        ValueError: If the batch is empty, or shapes differ and `padding` is None.
    """
    device = _device(device)
    return stack_parts(batch, padding, lambda array: to_device(device, array))


concat_examples = converter()(concat_examples_func)
