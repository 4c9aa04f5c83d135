"""One test class, many parameters."""

from __future__ import annotations

import functools
import itertools
import types
import unittest
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from catenary.errors import annotate
from catenary.testing._cases import Cases, Variant, multiply

__all__ = [
    "from_pytest_parameterize",
    "parameterize",
    "parameterize_pytest",
    "product",
    "product_dict",
]

_Parameters = dict[str, Any]


def parameterize(*params: _Parameters) -> Callable[[Any], Cases]:
    """Return a class decorator that makes one test class for each set of parameters.

    Args:
        params: Dictionaries; their entries become attributes of the class.
    """
    return multiply(lambda base: _variants(base, params))


def parameterize_pytest(names: str, values: Sequence[Any]) -> Callable[[Any], Cases]:
    """Do what :func:`parameterize` does, with pytest's arguments.

    Args:
        names: Names, separated by commas.
        values: One value a class; a tuple of values if there are several names.
    """
    return parameterize(*from_pytest_parameterize(names, values))


def from_pytest_parameterize(names: str, values: Sequence[Any]) -> list[_Parameters]:
    """Return the dictionaries that pytest's arguments stand for; see :func:`parameterize_pytest`.

    Raises:
        ValueError: A tuple is not as long as there are names.
    """
    split = names.split(",")
    if len(split) == 1:
        return [{split[0]: value} for value in values]
    return [dict(zip(split, value, strict=True)) for value in values]


def product(parameter: Any) -> list[_Parameters]:
    """Return every combination of parameters.

    Args:
        parameter: A dictionary of lists: values by name (or by names separated by commas). Or a
            list of lists of dictionaries, one of each to be joined.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(parameter, dict):
        ordered = sorted(parameter.items())
        return product_dict(*[from_pytest_parameterize(n, values) for n, values in ordered])
    lists = isinstance(parameter, list) and all(isinstance(x, list) for x in parameter)
    if not lists or not all(isinstance(d, dict) for x in parameter for d in x):
        raise TypeError("product takes a dictionary of lists, or a list of lists of dictionaries")
    return product_dict(*parameter)


def product_dict(*parameters: Sequence[_Parameters]) -> list[_Parameters]:
    """Return every union of one dictionary from each list; later lists win."""
    return [
        {name: value for one in chosen for name, value in one.items()}
        for chosen in itertools.product(*parameters)
    ]


def _variants(base: type, params: Sequence[_Parameters]) -> Iterator[Variant]:
    for index, parameters in enumerate(params):
        shown = ", ".join(f"{k}={_text(v)}" for k, v in sorted(parameters.items()))
        members = {
            # A plain function would turn into a method.
            name: staticmethod(value) if isinstance(value, types.FunctionType) else value
            for name, value in parameters.items()
        }
        name = f"{base.__name__}_param_{index}_{{{_short(shown, 5000)}}}"
        yield Variant(name, members, _annotating(parameters))


def _annotating(parameters: _Parameters) -> Callable[[Any], Any]:
    """Return what makes test methods say, when they fail, with which parameters."""

    def decorate(method: Any) -> Any:
        @functools.wraps(method)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except unittest.SkipTest:
                raise
            except Exception as error:
                shown = "\n".join(f"  {k}: {v}" for k, v in sorted(parameters.items()))
                annotate(error, f"The test's parameters were\n{shown}")
                raise

        return run

    return decorate


def _text(value: Any) -> str:
    name = getattr(value, "__name__", None)
    return _short(name if isinstance(name, str) else repr(value), 100)


def _short(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[head + 3 - length :]}"
