"""Choices that keep the gradient of their probabilities."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.backend import get_device_from_array
from catenary.functions.activation.softmax import softmax
from catenary.variable import Variable, as_variable

__all__ = ["gumbel_softmax"]


def gumbel_softmax(log_pi: Any, tau: float = 0.1, axis: int = 1) -> Variable:
    """Return softmax((log π + g) / τ), where g is drawn from NumPy's global generator: Gumbel.

    Args:
        log_pi: log π, Variable or array, floating.
        tau: Temperature τ, above 0.
        axis: Axis of the choices.
    """
    log_pi = as_variable(log_pi)
    noise = numpy.random.gumbel(size=log_pi.shape).astype(log_pi.dtype)
    noise = get_device_from_array(log_pi.array).send(noise)
    return softmax((log_pi + noise) / tau, axis=axis)
