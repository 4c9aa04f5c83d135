"""Compare what `backward` computes with finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from catenary import backend, functions
from catenary._gradient_numeric import NondifferentiableError, numerical_grad
from catenary.function_node import backward
from catenary.variable import Parameter, Variable, as_array

__all__ = [
    "NondifferentiableError",
    "assert_allclose",
    "check_backward",
    "check_double_backward",
    "numerical_grad",
]

_Function = Callable[..., Any]


def assert_allclose(
    x: Any, y: Any, atol: float = 1e-5, rtol: float = 1e-4, verbose: bool = True
) -> None:
    """Check that |x − y| ≤ atol + rtol · |y| everywhere.

    Deprecated, as in Chainer: :func:`catenary.testing.assert_allclose` says more.

    Args:
        x: Array or Variable.
        y: What is expected of it.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        verbose: Whether the error shows the values.

    Raises:
        AssertionError: They differ.
    """
    warnings.warn(
        "gradient_check.assert_allclose is deprecated; use testing.assert_allclose",
        DeprecationWarning,
        stacklevel=2,
    )
    left, right = (backend.CpuDevice().send(as_array(each)) for each in (x, y))
    numpy.testing.assert_allclose(left, right, atol=atol, rtol=rtol, verbose=verbose)


def check_backward(
    func: _Function,
    x_data: Any,
    y_grad: Any,
    params: Any = (),
    eps: float = 1e-3,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
    detect_nondifferentiable: bool = False,
) -> None:
    """Check the gradients of a function along one random direction.

    Args:
        func: Takes Variables, returns a Variable or a tuple of them.
        x_data: Input array, or a tuple of them.
        y_grad: Gradient of the output, or a tuple of one (or None) an output; None for ones, if
            `func` returns one scalar.
        params: Parameters that `func` uses, to be checked too.
        eps: Distance of the finite difference.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        no_grads: Which inputs have no gradient; by default those that are not floating.
        dtype: Floating dtype of the numerical evaluation; the inputs' own by default. With float64
            the tolerances can be small.
        detect_nondifferentiable: Fail with NondifferentiableError where there is no derivative.

    Raises:
        AssertionError: The gradients differ.
        ValueError: The arguments do not fit each other.
    """
    check = _Check(func, x_data, y_grad, params, no_grads, dtype, in_call=False)
    check.run(eps, atol, rtol, detect_nondifferentiable)


def _check_backward_with_params(
    func: _Function,
    x_data: Any,
    y_grad: Any,
    params: Any = (),
    eps: float = 1e-3,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
    detect_nondifferentiable: bool = False,
) -> None:
    """Check as above a function of inputs and parameters, where `params` are arrays."""
    check = _Check(func, x_data, y_grad, params, no_grads, dtype, in_call=True)
    check.run(eps, atol, rtol, detect_nondifferentiable)


def check_double_backward(
    func: _Function,
    x_data: Any,
    y_grad: Any,
    x_grad_grad: Any,
    params: Any = (),
    params_grad_grad: Any = (),
    eps: float = 1e-3,
    atol: float = 1e-4,
    rtol: float = 1e-3,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
    detect_nondifferentiable: bool = False,
) -> None:
    """Check the gradients of a function's gradients.

    Args:
        func: Takes Variables, returns a Variable or a tuple of them.
        x_data: Input array, or a tuple of them.
        y_grad: Gradient of the output, or a tuple of them.
        x_grad_grad: Gradient of each input's gradient.
        params: Parameters that `func` uses.
        params_grad_grad: Gradient of each parameter's gradient.
        eps: Distance of the finite difference.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        no_grads: Which of the inputs and `y_grad`s have no gradient.
        dtype: Floating dtype of the numerical evaluation.
        detect_nondifferentiable: Fail with NondifferentiableError where there is no derivative.

    Raises:
        AssertionError: The gradients differ.
    """
    inputs, parameters, given = _tuple(x_data), _tuple(params), _tuple(y_grad)

    def first_order(*arguments: Any) -> tuple[Any, ...]:
        xs, gys = arguments[: len(inputs)], arguments[len(inputs) :]
        ys = _tuple(func(*xs))
        # The numerical evaluation may hand gradients of a wider dtype than the outputs'.
        cast = [
            None if gy is None else functions.cast(gy, y.dtype)
            for y, gy in zip(ys, gys, strict=True)
        ]
        _check_fit(ys, cast)
        backward(ys, cast, enable_double_backprop=True)
        for index, x in enumerate(xs):
            if x.dtype.kind != "f" and x.grad is not None:
                raise RuntimeError(f"input {index} of {x.dtype} got a gradient")
        found = [x.grad_var for x in xs if x.dtype.kind == "f"]
        return (*found, *[p.grad_var for p in parameters])

    try:
        check_backward(
            first_order,
            inputs + given,
            _tuple(x_grad_grad) + _tuple(params_grad_grad),
            params=parameters,
            eps=eps,
            atol=atol,
            rtol=rtol,
            no_grads=no_grads,
            dtype=dtype,
            detect_nondifferentiable=detect_nondifferentiable,
        )
    except AssertionError as error:
        raise AssertionError(f"the gradients of the gradients are wrong: {error}") from error


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _props(arrays: Sequence[Any]) -> str:
    return ", ".join("None" if a is None else f"{tuple(a.shape)}:{a.dtype}" for a in arrays)


def _check_fit(outputs: Any, gradients: Any) -> None:
    fits = len(outputs) == len(gradients)
    for y, gy in zip(outputs, gradients, strict=False):
        if gy is None or (y is None and not numpy.any(gy)):
            continue
        fits = fits and y is not None and y.shape == gy.shape and y.dtype == gy.dtype
    if not fits:
        raise ValueError(
            "outputs and their gradients must agree in number, shapes and dtypes; outputs are "
            f"{_props(outputs)} and gradients {_props(gradients)}"
        )


class _Check:
    """One comparison along one direction.

    Args:
        func: Function of the inputs; of inputs and parameters with `in_call`.
        xs: Input arrays.
        gys: Gradients of the outputs, or None.
        params: Parameters, or arrays with `in_call`.
        skipped: Which inputs have no gradient.
        dtype: Dtype of the numerical evaluation.
        in_call: Whether `func` takes the parameters as its second argument.
    """

    def __init__(
        self,
        func: _Function,
        xs: Any,
        gys: Any,
        params: Any,
        skipped: Sequence[bool] | None,
        dtype: Any,
        *,
        in_call: bool,
    ) -> None:
        if dtype is not None and numpy.dtype(dtype).kind != "f":
            raise ValueError(f"dtype must be floating, got {numpy.dtype(dtype)}")
        self.func, self.xs, self.params = func, _tuple(xs), _tuple(params)
        self.gys = None if gys is None else _tuple(gys)
        if skipped is None:
            skipped = [x is not None and x.dtype.kind != "f" for x in self.xs]
        if len(skipped) != len(self.xs):
            raise ValueError(f"no_grads has {len(skipped)} entries for {len(self.xs)} inputs")
        self.skipped, self.dtype, self.in_call = skipped, dtype, in_call

    def run(self, eps: float, atol: float, rtol: float, detect: bool) -> None:
        """Compare, or raise AssertionError."""
        with backend.get_device_from_array(*self.xs).create_context():
            xs = [
                None if x is None else Variable(x, requires_grad=x.dtype.kind == "f")
                for x in self.xs
            ]
            params = [Parameter(p) for p in self.params] if self.in_call else list(self.params)
            ys = self._call(xs, params)
            gys = self._start(ys)
            directions = self._directions(params)
            computed = self._computed(xs, ys, gys, params, directions)
            numeric = self._numeric(gys, directions, eps, detect, rtol)
        try:
            numpy.testing.assert_allclose(numeric, computed, atol=atol, rtol=rtol)
        except AssertionError as error:
            raise AssertionError(
                f"backward disagrees with finite differences (eps={eps} atol={atol} rtol={rtol}): "
                f"backward {computed}, numerical {numeric}\ninputs: {self.xs}\n"
                f"gradients of outputs: {self.gys}\ndirections: {directions}\n{error}"
            ) from error

    def _call(self, xs: Sequence[Any], params: Sequence[Any]) -> tuple[Any, ...]:
        ys = _tuple(self.func(xs, tuple(params)) if self.in_call else self.func(*xs))
        # `func` may have called backward itself.
        for variable in (*xs, *params):
            if variable is not None:
                variable.cleargrad()
        return ys

    def _start(self, ys: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.gys is None:
            if len(ys) != 1 or ys[0].shape != ():
                raise ValueError(
                    "y_grad may be left out only for a function that returns one scalar; this one "
                    f"returns shapes {', '.join(str(y.shape) for y in ys)}"
                )
            return (backend.get_array_module(ys[0]).ones_like(ys[0].array),)
        _check_fit(ys, self.gys)
        return tuple([None if y is None else gy for y, gy in zip(ys, self.gys, strict=True)])

    def _directions(self, params: Sequence[Any]) -> list[Any]:
        """Return arrays like inputs and parameters that together are one random unit vector.

        No element is below 0.1 / √size, for small ones would make the comparison unstable.
        """
        wanted = [x for x, skip in zip(self.xs, self.skipped, strict=True) if not skip]
        wanted += params
        size = sum(a.size for a in wanted if a is not None)
        drawn = numpy.random.normal(size=(size,))
        if size:
            square = numpy.square(drawn)
            drawn = numpy.copysign(numpy.sqrt(0.99 / square.sum() * square + 0.01 / size), drawn)
        device = backend.get_device_from_array(*self.xs)
        found: list[Any] = []
        start = 0
        for a in wanted:
            if a is None:
                found.append(None)
                continue
            found.append(device.send(drawn[start : start + a.size].reshape(a.shape)))
            start += a.size
        return found

    def _computed(
        self,
        xs: Sequence[Any],
        ys: tuple[Any, ...],
        gys: tuple[Any, ...],
        params: Sequence[Any],
        directions: Sequence[Any],
    ) -> float:
        # Copies, because a backward pass may work in place.
        starts = [None if g is None else Variable(g.copy(), requires_grad=False) for g in gys]
        pairs = [(y, gy) for y, gy in zip(ys, starts, strict=True) if y is not None]
        backward([y for y, _ in pairs], [gy for _, gy in pairs])
        checked = []
        for x, skip in zip(xs, self.skipped, strict=True):
            if not skip:
                checked.append(x)
            elif x.grad is not None:
                raise RuntimeError("an input that must have no gradient got one")
        total = 0.0
        for variable, direction in zip([*checked, *params], directions, strict=True):
            gradient = None if variable is None else variable.grad
            if gradient is not None:
                total += float((gradient.astype(numpy.float64) * direction).sum())
        return total

    def _numeric(
        self, gys: tuple[Any, ...], directions: Sequence[Any], eps: float, detect: bool, rtol: float
    ) -> float:
        step = numpy.zeros(())
        values = [None if x is None else self._cast(x) for x in self.xs]
        given = [self._cast(p if self.in_call else p.array) for p in self.params]
        split = sum(not skip for skip in self.skipped)

        def moved(value: Any, direction: Any) -> Any:
            wide = value.astype(numpy.float64) + step * direction
            return numpy.asarray(wide).astype(value.dtype)

        def f() -> tuple[Any, ...]:
            ahead = iter(directions[:split])
            xs = [
                Variable(x, requires_grad=False) if skip else _moved_variable(x, next(ahead), moved)
                for x, skip in zip(values, self.skipped, strict=True)
            ]
            shifted = [moved(p, d) for p, d in zip(given, directions[split:], strict=True)]
            if self.in_call:
                ys = self._call(xs, [Parameter(p) for p in shifted])
            else:
                ys = self._call_shifted(xs, shifted)
            return tuple([None if y is None else y.array for y in ys])

        (slope,) = numerical_grad(
            f, (step,), gys, eps=eps, detect_nondifferentiable=detect, diff_rtol=rtol
        )
        return float(slope)

    def _call_shifted(self, xs: Sequence[Any], shifted: Sequence[Any]) -> tuple[Any, ...]:
        before = [p.array for p in self.params]
        try:
            for parameter, array in zip(self.params, shifted, strict=True):
                parameter.array = array
            return self._call(xs, self.params)
        finally:
            for parameter, array in zip(self.params, before, strict=True):
                parameter.array = array

    def _cast(self, array: Any) -> Any:
        if self.dtype is None or array.dtype.kind != "f":
            return array
        return array.astype(self.dtype, copy=False)


def _moved_variable(value: Any, direction: Any, moved: Callable[[Any, Any], Any]) -> Any:
    return None if value is None else Variable(moved(value, direction))
