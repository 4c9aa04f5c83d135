"""Gradient noise that fades with time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["GradientNoise", "exponential_decay_noise"]


def exponential_decay_noise(
    xp: Any, shape: tuple[int, ...], dtype: Any, hook: GradientNoise, opt: Any
) -> Any:
    """Draw Gaussian noise of variance η / (1 + t)^0.55.

    Args:
        xp: NumPy, whose global random state is drawn from, or cupy.
        shape: Shape of the gradient.
        dtype: Its dtype.
        hook: Gives `eta`.
        opt: The update rule; gives `t`.

    Source: Neelakantan et al., Adding gradient noise improves learning for very deep networks
        (2015).
    """
    deviation = math.sqrt(hook.eta / (1 + opt.t) ** 0.55)
    return xp.asarray(xp.random.normal(0, deviation, shape)).astype(dtype)


class GradientNoise:
    """Add noise to every gradient:  g ← g + noise.

    It draws arrays, so it is a plain callable: where it is registered, all hooks run in place, one
        by
    one, before the fused update.

    Args:
        eta: Scale of the noise, [L²/p²]; the paper uses 0.01, 0.3 and 1.0.
        noise_func: Called as ``noise_func(xp, shape, dtype, hook, rule)``, returns the noise.

    Source: Neelakantan et al., Adding gradient noise improves learning for very deep networks
        (2015).
    Differs: the gradient is unscaled first, so the noise has the strength that was asked for.
    """

    name = "GradientNoise"
    call_for_each_param = True
    timing = "pre"

    def __init__(
        self, eta: float, noise_func: Callable[..., Any] = exponential_decay_noise
    ) -> None:
        self.eta = eta
        self.noise_func = noise_func

    def __call__(self, rule: Any, param: Any) -> None:
        """Add noise to ``param.grad`` in place; nothing where there is none."""
        if not param.is_initialized or param.grad is None:
            return
        param.unscale_grad()
        grad = param.grad
        grad += self.noise_func(param.xp, grad.shape, grad.dtype, self, rule)
