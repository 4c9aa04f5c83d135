"""Gaussian values, drawn in float64 from NumPy's global generator (or `rng`) and cast."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.initializer import Initializer, fill, get_fans

__all__ = ["GlorotNormal", "HeNormal", "LeCunNormal", "Normal"]


class Normal(Initializer):
    """Draw from a Gaussian with mean 0 and deviation s(scale, shape), here `scale` itself.

    Args:
        scale: Standard deviation.
        dtype: Dtype of the arrays to fill; None for any.
        rng: `numpy.random.RandomState`; NumPy's global one if omitted.

    Differs: for a GPU too the numbers are drawn on the CPU; they do not depend on the device.
    """

    def __init__(self, scale: float = 0.05, dtype: Any = None, *, rng: Any = None) -> None:
        self.scale = scale
        self.rng = rng
        super().__init__(dtype)

    def deviation(self, shape: tuple[int, ...]) -> Any:
        """Return the standard deviation for an array of this shape."""
        return self.scale

    def __call__(self, array: Any) -> None:
        """Fill `array` in place."""
        deviation = self.deviation(tuple(array.shape))
        source = numpy.random if self.rng is None else self.rng
        fill(self, array, source.normal(0.0, deviation, tuple(array.shape)))


class LeCunNormal(Normal):
    """Gaussian with deviation scale · √(1 / fan_in). (LeCun et al., Efficient BackProp, 1998.)

    Args:
        scale: Factor of the deviation.
        dtype: Dtype of the arrays to fill; None for any.
        rng: `numpy.random.RandomState`; NumPy's global one if omitted.
    """

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def deviation(self, shape: tuple[int, ...]) -> Any:
        """Return scale · √(1 / fan_in)."""
        return self.scale * numpy.sqrt(1.0 / get_fans(shape)[0])


class GlorotNormal(LeCunNormal):
    """Gaussian with deviation scale · √(2 / (fan_in + fan_out)). (Glorot and Bengio, 2010.)

    Args: as :class:`LeCunNormal`.
    """

    def deviation(self, shape: tuple[int, ...]) -> Any:
        """Return scale · √(2 / (fan_in + fan_out))."""
        return self.scale * numpy.sqrt(2.0 / sum(get_fans(shape)))


class HeNormal(LeCunNormal):
    """Gaussian with deviation scale · √(2 / fan). (He et al., arXiv:1502.01852.)

    Args:
        scale: Factor of the deviation.
        dtype: Dtype of the arrays to fill; None for any.
        fan_option: Which fan counts, ``"fan_in"`` or ``"fan_out"``.
        rng: `numpy.random.RandomState`; NumPy's global one if omitted.
    """

    def __init__(
        self,
        scale: float = 1.0,
        dtype: Any = None,
        fan_option: str = "fan_in",
        *,
        rng: Any = None,
    ) -> None:
        self.fan_option = fan_option
        super().__init__(scale, dtype, rng=rng)

    def deviation(self, shape: tuple[int, ...]) -> Any:
        """Return scale · √(2 / fan).

        Raises:
            ValueError: `fan_option` is neither ``"fan_in"`` nor ``"fan_out"``.
        """
        if self.fan_option not in ("fan_in", "fan_out"):
            raise ValueError(f"fan_option is 'fan_in' or 'fan_out', got {self.fan_option!r}")
        return self.scale * numpy.sqrt(2.0 / get_fans(shape)[self.fan_option == "fan_out"])
