"""Losses of variational autoencoders."""

from __future__ import annotations

import math
from typing import Any

from catenary.functions.activation.softplus import softplus
from catenary.functions.loss._reduce import reduced
from catenary.functions.math.exponential import exp
from catenary.variable import Variable, as_variable

__all__ = ["bernoulli_nll", "gaussian_kl_divergence", "gaussian_nll"]


def gaussian_kl_divergence(mean: Any, ln_var: Any, reduce: str = "sum") -> Variable:
    """Return how far normal distributions are from the standard one: ½ (μ² + σ² − log σ² − 1).

    Args:
        mean: μ, Variable or array, floating.
        ln_var: log σ², of the same shape and dtype.
        reduce: ``"sum"``, ``"mean"``, or ``"no"`` for one divergence an element.

    Raises:
        ValueError: `reduce` is none of these.
    """
    mean, ln_var = as_variable(mean), as_variable(ln_var)
    return reduced((mean * mean + exp(ln_var) - ln_var - 1) * 0.5, reduce)


def bernoulli_nll(x: Any, y: Any, reduce: str = "sum") -> Variable:
    """Return the negative logarithm of the probability of `x`: softplus(y) − x · y.

    Args:
        x: Observed values in [0, 1], Variable or array, floating.
        y: Scores before the sigmoid, of the same shape and dtype.
        reduce: ``"sum"``, ``"mean"``, or ``"no"`` for one value an element.

    Raises:
        ValueError: `reduce` is none of these.
    """
    return reduced(softplus(y) - as_variable(x) * y, reduce)


def gaussian_nll(x: Any, mean: Any, ln_var: Any, reduce: str = "sum") -> Variable:
    """Return the negative logarithm of the density of `x`: ½ ((x − μ)² / σ² + log 2πσ²).

    Args:
        x: Observed values, Variable or array, floating.
        mean: μ, of the same shape and dtype.
        ln_var: log σ², of the same shape and dtype.
        reduce: ``"sum"``, ``"mean"``, or ``"no"`` for one value an element.

    Raises:
        ValueError: `reduce` is none of these.
    """
    ln_var = as_variable(ln_var)
    off = as_variable(x) - mean
    power = off * off * exp(-ln_var) * -0.5
    return reduced((ln_var + math.log(2 * math.pi)) / 2 - power, reduce)
