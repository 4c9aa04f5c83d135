"""Marks for tests: what they need, and how long they take."""

from __future__ import annotations

import os
import unittest
from collections.abc import Callable
from typing import Any

import pytest

from catenary.backends import cuda

__all__ = [
    "chainerx",
    "check_available",
    "cudnn",
    "get_error",
    "gpu",
    "ideep",
    "is_available",
    "multi_gpu",
    "slow",
]

_GPU_LIMIT = int(os.getenv("CHAINER_TEST_GPU_LIMIT", "-1"))


def check_available() -> None:
    """Do nothing: the marks are pytest's, which is here, or this module could not be imported."""


def is_available() -> bool:
    """Return True; see :func:`check_available`."""
    return True


def get_error() -> None:
    """Return None: what kept the marks from being made; see :func:`check_available`."""


def chainerx(test: Any) -> Any:
    """Mark a test of ChainerX."""
    return pytest.mark.chainerx(test)


def cudnn(test: Any) -> Any:
    """Mark a test of cuDNN."""
    return pytest.mark.cudnn(test)


def ideep(test: Any) -> Any:
    """Mark a test of iDeep."""
    return pytest.mark.ideep(test)


def slow(test: Any) -> Any:
    """Mark a slow test."""
    return pytest.mark.slow(test)


def multi_gpu(gpu_num: int) -> Callable[[Any], Any]:
    """Mark a test that needs several GPUs.

    Args:
        gpu_num: How many.

    Differs: the test is skipped where there is no GPU; Chainer runs it unless told otherwise.
    """
    lacking = not cuda.available or 0 <= _GPU_LIMIT < gpu_num

    def decorate(test: Any) -> Any:
        return unittest.skipIf(lacking, f"needs {gpu_num} GPU(s)")(pytest.mark.gpu(test))

    return decorate


def gpu(test: Any) -> Any:
    """Mark a test that needs a GPU; skipped where there is none."""
    return multi_gpu(1)(test)
