"""Warnings, patches, requirements."""

from __future__ import annotations

import contextlib
import importlib.metadata
import pkgutil
import unittest
import unittest.mock
import warnings
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["assert_warns", "patch", "with_requires", "without_requires"]


@contextlib.contextmanager
def assert_warns(expected: type[Warning]) -> Iterator[None]:
    """Check that a `with` block warns.

    Args:
        expected: Class of the warning; others are swallowed.

    Raises:
        AssertionError: It did not warn so.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if not any(isinstance(warning.message, expected) for warning in caught):
        raise AssertionError(f"{expected.__name__} was not given")


def patch(target: str, *args: Any, **kwargs: Any) -> Any:
    """Return `unittest.mock.patch` of a name by a mock that calls what stood there.

    Args:
        target: Dotted name.
        args: Passed on.
        kwargs: Passed on; `wraps` is what the mock calls.
    """
    kwargs.setdefault("wraps", pkgutil.resolve_name(target))
    return unittest.mock.patch(target, *args, **kwargs)


def _are_met(requirements: tuple[str, ...]) -> bool:
    from packaging.requirements import Requirement

    for requirement in map(Requirement, requirements):
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            return False
        if not requirement.specifier.contains(version, prereleases=True):
            return False
    return True


def with_requires(*requirements: str) -> Callable[[Any], Any]:
    """Return a decorator that skips a test unless packages are installed.

    Args:
        requirements: Such as ``"numpy>=1.26"``.
    """
    met = _are_met(requirements)
    return unittest.skipIf(not met, f"requires {', '.join(requirements)}")


def without_requires(*requirements: str) -> Callable[[Any], Any]:
    """Return a decorator that skips a test if packages are installed.

    Args:
        requirements: Such as ``"numpy>=1.26"``.
    """
    met = _are_met(requirements)
    return unittest.skipIf(met, f"requires the absence of {', '.join(requirements)}")
