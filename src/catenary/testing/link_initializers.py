"""The test case of a link's initializers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from catenary import initializers
from catenary.backend import CpuDevice
from catenary.testing.array import assert_allclose
from catenary.testing.function_link import LinkCase, LinkTestError
from catenary.variable import Variable

__all__ = ["InitializerArgument", "LinkInitializersTestCase"]


class InitializerArgument:
    """What a link is given for a parameter, where it makes an initializer of it by itself.

    Args:
        argument_value: The argument, such as None.
        expected_initializer: What the link should then use: an initializer, number or array.

    Raises:
        ValueError: `expected_initializer` is None.
        TypeError: It is nothing that initializes.
    """

    def __init__(self, argument_value: Any, expected_initializer: Any) -> None:
        if expected_initializer is None:
            raise ValueError("expected_initializer must say what the link uses, not None")
        initializers._get_initializer(expected_initializer)
        self.argument_value = argument_value
        self.expected_initializer = expected_initializer


class LinkInitializersTestCase(LinkCase):
    """Tests of a link's initializers: each parameter starts as its initializer says.

    Override `generate_params`, `create_link`, `generate_inputs` and `get_initializers`; decorate
    the class with :func:`inject_backend_tests`.

    Attributes:
        param_names: Names of the parameters, in the order of `get_initializers`.
        check_initializers_options: Arguments of `assert_allclose`.
    """

    check_initializers_options: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_initializers_options = {}

    def get_initializers(self) -> Sequence[Sequence[Any]]:
        """Return what to try for each parameter; override.

        While one is tried, the others are those of `generate_params`. None goes into an
        :class:`InitializerArgument`.
        """
        raise NotImplementedError("get_initializers is not defined")

    def test_initializers(self, backend_config: Any) -> None:
        """Compare each parameter with its initializer."""
        self._begin("test_initializers", backend_config, skip=False)
        for index, tried in enumerate(self._initializers()):
            given = self._params()
            for initializer in tried:
                given[index] = initializer
                self._check(self.param_names[index], given, initializer)

    def _initializers(self) -> Sequence[Sequence[Any]]:
        found = self.get_initializers()
        if not isinstance(found, (tuple, list)) or not all(
            isinstance(tried, (tuple, list)) for tried in found
        ):
            raise TypeError("get_initializers must return a tuple of tuples")
        for tried in found:
            for initializer in tried:
                _expected(initializer)
        return found

    def _params(self) -> list[Any]:
        params = self.generate_params()
        if not isinstance(params, (tuple, list)):
            raise TypeError("generate_params must return a tuple or a list")
        for param in params:
            _expected(param)
        return list(params)

    def _check(self, name: str, given: Sequence[Any], initializer: Any) -> None:
        link = self._made(
            [i.argument_value if isinstance(i, InitializerArgument) else i for i in given]
        )
        # A call gives every parameter its shape.
        inputs = self._arrays("generate_inputs", self.generate_inputs())
        self._forward(link, [Variable(a) for a in self._sent(inputs)])
        actual = CpuDevice().send(self._parameter(link, name))
        expected = numpy.empty_like(actual)
        initializers._get_initializer(_expected(initializer))(expected)
        try:
            assert_allclose(actual, expected, **self.check_initializers_options)
        except AssertionError as error:
            raise LinkTestError(f"{name} is not as {initializer!r} says: {error}") from error


def _expected(initializer: Any) -> Any:
    """Return what a parameter should start as."""
    if isinstance(initializer, InitializerArgument):
        return initializer.expected_initializer
    if initializer is None:
        raise ValueError(
            "None says nothing about what a link uses: give InitializerArgument(None, expected)"
        )
    initializers._get_initializer(initializer)
    return initializer
