"""What Variables show: their text, and the words with which they refuse to be compared."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy
import torch

from catenary.backends import cuda

__all__ = ["Uncomparable", "overview", "text"]


def text(name: str | None, array: Any, separator: str) -> str:
    """Return ``variable NAME(values)``; `str` has a blank between values, `repr` a comma.

    Where there are no values, `repr` tells the shape.
    """
    prefix = f"variable {name}" if name else "variable"
    if array is None:
        return f"{prefix}(None)"
    if isinstance(array, torch.Tensor):
        return f"{prefix}({array})"
    array = cuda.to_cpu(array)
    if array.size == 0 and array.shape != (0,) and separator == ", ":
        return f"{prefix}([], shape={array.shape})"
    return f"{prefix}({numpy.array2string(array, separator=separator, prefix=prefix + '(')})"


def overview(title: str, array: Any, grad: Any) -> str:
    """Return some lines about values and gradient: device, shape, dtype, mean, deviation."""
    device: Any = None
    if array is not None:
        device = "CPU" if isinstance(array, numpy.ndarray) else array.device
    gradient = None if grad is None else 0 if bool((grad == 0).all()) else _statistics(grad)
    lines = (
        title,
        f"- device: {device}",
        f"- backend: {None if array is None else type(array)}",
        f"- shape: {getattr(array, 'shape', None)}",
        f"- dtype: {getattr(array, 'dtype', None)}",
        f"- statistics: {None if array is None else _statistics(array)}",
        f"- grad: {gradient}",
    )
    return "\n".join(lines)


def _statistics(array: Any) -> str:
    if isinstance(array, torch.Tensor):
        array = array.double().cpu().numpy()
    values = numpy.asarray(cuda.to_cpu(array), dtype=numpy.float64)
    return f"mean={values.mean():.8f}, std={values.std():.8f}"


def _refuse(operator: str) -> NoReturn:
    raise TypeError(f"Variables cannot be compared with {operator}; compare their `array`")


class Uncomparable:
    """What arrays do element by element and Variables refuse, because it has no gradient."""

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> NoReturn:
        raise TypeError("a Variable is neither true nor false; ask its `array`")

    def __eq__(self, other: object) -> NoReturn:
        _refuse("==")

    def __ne__(self, other: object) -> NoReturn:
        _refuse("!=")

    def __lt__(self, other: object) -> NoReturn:
        _refuse("<")

    def __le__(self, other: object) -> NoReturn:
        _refuse("<=")

    def __gt__(self, other: object) -> NoReturn:
        _refuse(">")

    def __ge__(self, other: object) -> NoReturn:
        _refuse(">=")
