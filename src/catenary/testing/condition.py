"""Tests that may fail now and then."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["repeat", "repeat_with_success_at_least", "retry"]

_Decorator = Callable[[Callable[..., Any]], Callable[..., None]]


def repeat_with_success_at_least(times: int, min_success: int) -> _Decorator:
    """Return a decorator of test methods: run several times, of which some must succeed.

    Each run has a `setUp` and `tearDown` of its own. It stops as soon as the outcome is known.

    Args:
        times: How often to run at most.
        min_success: How many runs must succeed, at most `times`.

    Raises:
        ValueError: `min_success` is above `times`.
    """
    if min_success > times:
        raise ValueError(f"{min_success} of {times} runs cannot succeed")

    def decorate(method: Callable[..., Any]) -> Callable[..., None]:
        @functools.wraps(method)
        def run(instance: unittest.TestCase, *args: Any, **kwargs: Any) -> None:
            successes = 0
            failures: list[str] = []
            while successes < min_success and len(failures) <= times - min_success:
                failure = _run_once(instance, method, args, kwargs)
                if failure is None:
                    successes += 1
                else:
                    failures.append(failure)
            if successes < min_success:
                instance.fail(
                    f"{successes} runs succeeded and {len(failures)} failed; "
                    f"{min_success} of {times} had to succeed. The first failure:\n{failures[0]}"
                )

        return run

    return decorate


def _run_once(
    instance: unittest.TestCase, method: Callable[..., Any], args: Any, kwargs: Any
) -> str | None:
    """Run the method on a fresh instance and return what went wrong."""
    fresh = type(instance)(instance._testMethodName)

    def body() -> None:
        try:
            method(fresh, *args, **kwargs)
        except pytest.skip.Exception as skipped:
            fresh.skipTest(str(skipped.msg))

    result = unittest.TestResult()
    unittest.FunctionTestCase(body, setUp=fresh.setUp, tearDown=fresh.tearDown)(result)
    if result.skipped:
        instance.skipTest(result.skipped[0][1])
    return next((text for _, text in result.failures + result.errors), None)


def repeat(times: int) -> _Decorator:
    """Return a decorator: the test method must succeed `times` times."""
    return repeat_with_success_at_least(times, times)


def retry(times: int) -> _Decorator:
    """Return a decorator: the test method must succeed once in `times` runs."""
    return repeat_with_success_at_least(times, 1)
