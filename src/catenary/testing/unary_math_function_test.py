"""A whole test class for a function of one argument."""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Callable
from typing import Any

import numpy

from catenary import gradient_check
from catenary.backends import cuda
from catenary.function import Function
from catenary.testing import attr
from catenary.testing._cases import Cases
from catenary.testing.array import assert_allclose
from catenary.testing.parameterized import parameterize, product
from catenary.variable import Variable

__all__ = ["unary_math_function_unittest"]

_Options = dict[str, Any] | None


def unary_math_function_unittest(
    func: Any,
    func_expected: Any = None,
    label_expected: str | None = None,
    make_data: Any = None,
    is_linear: Any = None,
    forward_options: _Options = None,
    backward_options: _Options = None,
    double_backward_options: _Options = None,
) -> Callable[[type[unittest.TestCase]], Cases]:
    """Return a decorator that fills a TestCase with tests of `func`.

    Values, gradients and gradients of gradients are tested, for shapes (3, 2) and () and the dtypes
    float16, float32 and float64.

    Args:
        func: Function of one argument, or a :class:`catenary.Function`.
        func_expected: Takes an array and `dtype`; NumPy's function of the same name by default.
        label_expected: Label of the function's node; not compared if omitted.
        make_data: Takes shape and dtype, returns x, gy and ggx; uniform in [−1, 1) by default.
        is_linear: Deprecated; without effect.
        forward_options: Tolerances of the values.
        backward_options: Arguments of :func:`catenary.gradient_check.check_backward`.
        double_backward_options: Arguments of `check_double_backward`.

    Raises:
        ValueError: NumPy has no function of this name, and none is given.
    """
    old = isinstance(func, Function)
    name = type(func).__name__.lower() if old else func.__name__
    expected = func_expected or getattr(numpy, name, None)
    if expected is None:
        raise ValueError(f"NumPy has no function {name!r}; give func_expected")
    if is_linear is not None:
        warnings.warn("is_linear is deprecated", DeprecationWarning, stacklevel=2)
    given = (forward_options, backward_options, double_backward_options)
    make = make_data or _make_data

    def decorate(klass: type[unittest.TestCase]) -> Cases:
        made: Any = type(klass.__name__, (_UnaryMath, klass), {"__module__": klass.__module__})
        made.func, made.func_expected = staticmethod(func), staticmethod(expected)
        made.make_data, made.given_options = staticmethod(make), given
        made.label_expected = label_expected
        for test in ("forward", "backward", "double_backward"):
            # Marked only here: an unregistered mark is an error in some projects.
            setattr(made, f"test_{test}_gpu", attr.gpu(getattr(made, f"test_{test}_gpu")))
        if old:
            made.test_double_backward_cpu = made.test_double_backward_gpu = None
        shapes, dtypes = [(3, 2), ()], [numpy.float16, numpy.float32, numpy.float64]
        return parameterize(*product({"shape": shapes, "dtype": dtypes}))(made)

    return decorate


def _make_data(shape: tuple[int, ...], dtype: Any) -> tuple[Any, ...]:
    return tuple(numpy.asarray(numpy.random.uniform(-1, 1, shape)).astype(dtype) for _ in range(3))


class _UnaryMath:
    """The tests; its attributes are set by the decorator and by `parameterize`."""

    func: Any
    func_expected: Any
    make_data: Any
    label_expected: str | None
    given_options: tuple[_Options, _Options, _Options]
    shape: tuple[int, ...]
    dtype: Any

    def setUp(self) -> None:
        data = self.make_data(self.shape, self.dtype)
        self.x, self.gy, *self.ggx = data
        eps = float(numpy.finfo("float16").eps)
        if self.dtype == numpy.float16:
            rough: dict[str, Any] = {"eps": 2**-4, "atol": 2**-4, "rtol": 2**-4}
            defaults: list[dict[str, Any]] = [{"atol": eps, "rtol": eps}, rough, rough]
        else:
            fine: dict[str, Any] = {"atol": 1e-4, "rtol": 1e-4}
            defaults = [fine, fine, fine]
        for options in defaults[1:]:
            options.setdefault("dtype", numpy.float64)
        self.forward_options, self.backward_options, self.double_backward_options = [
            {**default, **(given or {})}
            for default, given in zip(defaults, self.given_options, strict=True)
        ]
        if self.dtype != numpy.float16:
            self.forward_options.pop("dtype", None)

    def check_forward(self, x_data: Any) -> None:
        """Compare values."""
        y = self.func(Variable(x_data))
        assert y.dtype == x_data.dtype
        assert_allclose(
            self.func_expected(cuda.to_cpu(x_data), dtype=x_data.dtype),
            y.array,
            **self.forward_options,
        )
        if self.label_expected is not None:
            assert y.creator.label == self.label_expected

    def check_backward(self, x_data: Any, y_grad: Any) -> None:
        """Check gradients."""
        gradient_check.check_backward(self.func, x_data, y_grad, **self.backward_options)

    def check_double_backward(self, x_data: Any, y_grad: Any, x_grad_grad: Any) -> None:
        """Check gradients of gradients."""
        gradient_check.check_double_backward(
            self.func, x_data, y_grad, x_grad_grad, **self.double_backward_options
        )

    def test_forward_cpu(self) -> None:
        self.check_forward(self.x)

    def test_forward_gpu(self) -> None:
        self.check_forward(cuda.to_gpu(self.x))

    def test_backward_cpu(self) -> None:
        self.check_backward(self.x, self.gy)

    def test_backward_gpu(self) -> None:
        self.check_backward(cuda.to_gpu(self.x), cuda.to_gpu(self.gy))

    def test_double_backward_cpu(self) -> None:
        self.check_double_backward(self.x, self.gy, *self.ggx)

    def test_double_backward_gpu(self) -> None:
        self.check_double_backward(*[cuda.to_gpu(a) for a in (self.x, self.gy, *self.ggx)])
