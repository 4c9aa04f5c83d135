"""Tests that draw the same random numbers every time."""

from __future__ import annotations

import functools
import os
import random as python_random
import types
from collections.abc import Callable
from typing import Any

import numpy

from catenary.testing._cases import Cases

__all__ = ["fix_random", "generate_seed"]

_SEED = 100
# States of the generators as they were outside; setUp may be entered within setUp.
_before: list[tuple[Any, Any]] = []


def _enter() -> None:
    _before.append((python_random.getstate(), numpy.random.get_state()))
    if len(_before) == 1:
        free = bool(int(os.environ.get("CHAINER_TEST_RANDOM_NONDETERMINISTIC", "0")))
        numpy.random.seed(None if free else _SEED)


def _leave() -> None:
    python_state, numpy_state = _before.pop()
    if not _before:
        python_random.setstate(python_state)
        numpy.random.set_state(numpy_state)


def generate_seed() -> int:
    """Return a random seed, the same one every time inside :func:`fix_random`.

    Raises:
        RuntimeError: It is called elsewhere.
    """
    if not _before:
        raise RuntimeError("generate_seed is for tests under fix_random")
    return int(numpy.random.randint(0xFFFFFFFF))


def fix_random(
    *, setup_method: str = "setUp", teardown_method: str = "tearDown"
) -> Callable[[Any], Any]:
    """Return a decorator of test classes or methods: NumPy's generator starts anew in each test.

    Args:
        setup_method: Name of the method that a class runs before each test.
        teardown_method: Name of the method that it runs after.
    """

    def decorate(given: Any) -> Any:
        if isinstance(given, types.FunctionType):
            return _fixed(given)
        for case in given.classes if isinstance(given, Cases) else [given]:
            setattr(case, setup_method, _entering(getattr(case, setup_method)))
            setattr(case, teardown_method, _leaving(getattr(case, teardown_method)))
        return given

    return decorate


def _fixed(test: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> Any:
        _enter()
        try:
            return test(*args, **kwargs)
        finally:
            _leave()

    return run


def _entering(setup: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(setup)
    def run(self: Any) -> None:
        _enter()
        try:
            setup(self)
        except BaseException:
            _leave()
            raise

    return run


def _leaving(teardown: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(teardown)
    def run(self: Any) -> None:
        try:
            teardown(self)
        finally:
            _leave()

    return run
