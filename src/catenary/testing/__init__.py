"""What tests of Chainer programs and of libraries for it are written with.

Calls functions, link, initializers, serializers, gradient_check, training, numpy and pytest.
Called by tests only: no other room imports it.
"""

from __future__ import annotations

from catenary.testing import attr, condition
from catenary.testing.array import assert_allclose
from catenary.testing.backend import BackendConfig, inject_backend_tests
from catenary.testing.distribution_test import distribution_unittest
from catenary.testing.function_link import (
    FunctionTestCase,
    FunctionTestError,
    LinkTestCase,
    LinkTestError,
)
from catenary.testing.helper import assert_warns, patch, with_requires, without_requires
from catenary.testing.link_initializers import InitializerArgument, LinkInitializersTestCase
from catenary.testing.matrix import generate_matrix
from catenary.testing.parameterized import (
    from_pytest_parameterize,
    parameterize,
    parameterize_pytest,
    product,
    product_dict,
)
from catenary.testing.random import fix_random, generate_seed
from catenary.testing.serializer import save_and_load, save_and_load_hdf5, save_and_load_npz
from catenary.testing.training import get_trainer_with_mock_updater
from catenary.testing.unary_math_function_test import unary_math_function_unittest

__all__ = [
    "BackendConfig",
    "FunctionTestCase",
    "FunctionTestError",
    "InitializerArgument",
    "LinkInitializersTestCase",
    "LinkTestCase",
    "LinkTestError",
    "assert_allclose",
    "assert_warns",
    "attr",
    "condition",
    "distribution_unittest",
    "fix_random",
    "from_pytest_parameterize",
    "generate_matrix",
    "generate_seed",
    "get_trainer_with_mock_updater",
    "inject_backend_tests",
    "parameterize",
    "parameterize_pytest",
    "patch",
    "product",
    "product_dict",
    "run_module",
    "save_and_load",
    "save_and_load_hdf5",
    "save_and_load_npz",
    "unary_math_function_unittest",
    "with_requires",
    "without_requires",
]


def run_module(name: str, file: str) -> None:
    """Run a test file with pytest if it is the program: ``run_module(__name__, __file__)``.

    Args:
        name: The file's `__name__`.
        file: The file's path.
    """
    if name == "__main__":
        import pytest

        pytest.main([file, "-vvs", "-x", "--pdb"])
