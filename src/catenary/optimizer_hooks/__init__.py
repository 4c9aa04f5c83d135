"""Chainer's optimizer hooks, one a file: formulas only.

A hook of a formula joins the rules' kernels when it is registered, and changes ``param.grad`` in
place when it is called. It calls `optimizer` and `expr`; programs and the front door call it.
"""

from catenary.optimizer_hooks.gradient_clipping import GradientClipping
from catenary.optimizer_hooks.gradient_hard_clipping import GradientHardClipping
from catenary.optimizer_hooks.gradient_lars import GradientLARS
from catenary.optimizer_hooks.gradient_noise import GradientNoise, exponential_decay_noise
from catenary.optimizer_hooks.lasso import Lasso
from catenary.optimizer_hooks.weight_decay import WeightDecay

__all__ = [
    "GradientClipping",
    "GradientHardClipping",
    "GradientLARS",
    "GradientNoise",
    "Lasso",
    "WeightDecay",
    "exponential_decay_noise",
]
