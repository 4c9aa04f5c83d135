"""Gradients by finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from catenary import backend
from catenary.config import using_config

__all__ = ["NondifferentiableError", "numerical_grad"]

_Outputs = list[Any]
# Distances from the point, in units of eps, and the weights of a derivative of the third order.
_STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
_WEIGHTS = (1 / 6, -8 / 6, 0.0, 8 / 6, -1 / 6)


class NondifferentiableError(Exception):
    """A numerical gradient was asked for at a point that has none."""


def numerical_grad(
    f: Callable[[], Sequence[Any]],
    inputs: Sequence[Any],
    grad_outputs: Sequence[Any],
    eps: float = 1e-3,
    detect_nondifferentiable: bool = False,
    diff_atol: float = 0,
    diff_rtol: float = 1e-2,
    center_outputs: Any = None,
) -> list[Any]:
    """Return gradients of `f` by finite differences.

    Args:
        f: Takes nothing, reads the arrays `inputs`, returns a tuple of arrays; None is allowed.
        inputs: Floating arrays, changed in place for each evaluation and restored.
        grad_outputs: One array, number or None an output.
        eps: Distance of the points at which `f` is evaluated, above 0.
        detect_nondifferentiable: Evaluate at five points, and fail where no parabola fits them.
        diff_atol: Tolerance of that fit.
        diff_rtol: Tolerance of that fit, relative to the range of the values.
        center_outputs: Accepted and ignored, as in Chainer.

    Returns:
        One array an input, in its shape and dtype.

    Raises:
        RuntimeError: An input is not floating.
        NondifferentiableError: No parabola fits.
    """
    if not eps > 0:
        raise ValueError(f"eps must be above 0, got {eps}")
    for x in inputs:
        if x.dtype.kind != "f":
            raise RuntimeError(f"numerical_grad needs floating inputs, got {x.dtype}")
    weights = [None if g is None else _wide(g) for g in grad_outputs]
    grads = []
    with using_config("type_check", False):
        for x in inputs:
            gradient = numpy.zeros(x.shape)
            before = x.copy()
            for index in numpy.ndindex(x.shape):
                steps = _STEPS if detect_nondifferentiable else (-1.0, 1.0)
                samples = [_at(f, x, index, before[index], step * eps) for step in steps]
                _check_outputs(samples, weights)
                if detect_nondifferentiable:
                    for values in zip(*samples, strict=True):
                        _check_smooth(values, diff_atol, diff_rtol, index, eps)
                gradient[index] = _slope(samples, weights, eps)
            grads.append(backend.get_device_from_array(x).send(gradient.astype(x.dtype)))
    return grads


def _wide(values: Any) -> Any:
    """Return values as float64 on the CPU."""
    return numpy.array(backend.CpuDevice().send(numpy.asarray(values)), numpy.float64)


def _at(f: Callable[[], Sequence[Any]], x: Any, index: Any, origin: Any, step: float) -> _Outputs:
    x[index] = origin + step
    try:
        return [None if y is None else _wide(y) for y in f()]
    finally:
        x[index] = origin


def _check_outputs(samples: list[_Outputs], weights: list[Any]) -> None:
    for outputs in samples:
        if len(outputs) != len(weights):
            raise ValueError(f"f returned {len(outputs)} outputs for {len(weights)} grad_outputs")
        for y, weight in zip(outputs, weights, strict=True):
            if y is not None and weight is not None and weight.ndim and weight.shape != y.shape:
                raise ValueError(f"grad_outputs has shape {weight.shape} for output {y.shape}")


def _slope(samples: list[_Outputs], weights: list[Any], eps: float) -> float:
    factors = _WEIGHTS if len(samples) == 5 else (-0.5, 0.5)
    total = 0.0
    for index, weight in enumerate(weights):
        if weight is None or samples[0][index] is None:
            continue
        change = sum(
            factor * outputs[index]
            for factor, outputs in zip(factors, samples, strict=True)
            if factor
        )
        total += float((change * weight).sum()) / eps
    return total


def _check_smooth(values: tuple[Any, ...], atol: float, rtol: float, at: Any, eps: float) -> None:
    if values[0] is None or not values[0].size:
        return
    stack = numpy.stack([numpy.ravel(y) for y in values])
    finite = numpy.isfinite(stack)
    if (finite != finite[0]).any():
        _refuse(stack, at, eps)
    if not finite.all():
        return
    _, (residuals, *_) = numpy.polynomial.polynomial.polyfit(
        numpy.arange(len(values)), stack, deg=2, full=True
    )
    spread = numpy.ptp(stack, axis=0)
    off = numpy.sqrt(residuals / len(values)) > atol + rtol * spread
    if (off & (spread != 0)).any():
        _refuse(stack, at, eps)


def _refuse(stack: Any, at: Any, eps: float) -> None:
    lines = [f"  x {step:+.1f} eps: {row}" for step, row in zip(_STEPS, stack, strict=True)]
    raise NondifferentiableError(
        f"there is no derivative at index {at} (eps {eps}); the function's values are\n"
        + "\n".join(lines)
    )
