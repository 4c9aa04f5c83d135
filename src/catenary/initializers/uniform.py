"""Uniform values, drawn in float64 from NumPy's global generator (or `rng`) and cast."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.initializer import Initializer, fill, get_fans

__all__ = ["GlorotUniform", "HeUniform", "LeCunUniform", "Uniform"]


class Uniform(Initializer):
    """Draw uniformly from [−s, s) with s = s(scale, shape), here `scale` itself.

    Args:
        scale: Half the width of the interval.
        dtype: Dtype of the arrays to fill; None for any.
        rng: `numpy.random.RandomState`; NumPy's global one if omitted.

    Differs: for a GPU too the numbers are drawn on the CPU; they do not depend on the device.
    """

    def __init__(self, scale: float = 0.05, dtype: Any = None, *, rng: Any = None) -> None:
        self.scale = scale
        self.rng = rng
        super().__init__(dtype)

    def bound(self, shape: tuple[int, ...]) -> Any:
        """Return the interval's upper end for an array of this shape."""
        return self.scale

    def __call__(self, array: Any) -> None:
        """Fill `array` in place."""
        bound = self.bound(tuple(array.shape))
        source = numpy.random if self.rng is None else self.rng
        fill(self, array, source.uniform(-bound, bound, tuple(array.shape)))


class LeCunUniform(Uniform):
    """Uniform with bound scale · √(3 / fan_in). (LeCun et al., Efficient BackProp, 1998.)

    Args:
        scale: Factor of the bound.
        dtype: Dtype of the arrays to fill; None for any.
        rng: `numpy.random.RandomState`; NumPy's global one if omitted.
    """

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def bound(self, shape: tuple[int, ...]) -> Any:
        """Return scale · √(3 / fan_in)."""
        return self.scale * numpy.sqrt(3.0 / get_fans(shape)[0])


class GlorotUniform(LeCunUniform):
    """Uniform with bound scale · √(6 / (fan_in + fan_out)). (Glorot and Bengio, 2010.)

    Args: as :class:`LeCunUniform`.
    """

    def bound(self, shape: tuple[int, ...]) -> Any:
        """Return scale · √(6 / (fan_in + fan_out))."""
        return self.scale * numpy.sqrt(6.0 / sum(get_fans(shape)))


class HeUniform(LeCunUniform):
    """Uniform with bound scale · √(6 / fan_in). (He et al., arXiv:1502.01852.)

    Args: as :class:`LeCunUniform`.
    """

    def bound(self, shape: tuple[int, ...]) -> Any:
        """Return scale · √(6 / fan_in)."""
        return self.scale * numpy.sqrt(6.0 / get_fans(shape)[0])
