"""Adam and its family: AdamW, AMSGrad, AdaBound, AMSBound. One formula, two flags."""

from __future__ import annotations

import warnings
from typing import Any

from catenary.errors import HyperparameterError
from catenary.expr import Scope, evaluate, maximum, minimum, sqrt
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot
from catenary.optimizer.declare import derived
from catenary.optimizer.state import read_optional


class AdamHyper(Hyper):
    alpha: float = hyper(default=0.001, ge=0, unit="p")
    beta1: float = hyper(default=0.9, ge=0, lt=1)
    beta2: float = hyper(default=0.999, ge=0, le=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p", kept=True)
    eta: float = hyper(default=1.0, ge=0)
    weight_decay_rate: float = hyper(default=0.0, ge=0)
    amsgrad: bool = hyper(default=False)
    adabound: bool = hyper(default=False)
    final_lr: float = hyper(default=0.1, ge=0, unit="p²/L")
    gamma: float = hyper(default=0.001, gt=0)


def _rate(h: Any) -> Any:
    return h.alpha * (sqrt(1 - h.beta2**h.t) / (1 - h.beta1**h.t))


class AdamRule(AdamHyper, FormulaRule):
    """Divide a running mean of gradients by the root of a running mean of their squares.

        m ← m + (1 − β₁)(g − m)
        v ← v + (1 − β₂)(g² − v)
        αₜ = α √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        p ← (1 − η · weight_decay_rate) p − η · m · αₜ / (√v + ε)

    With amsgrad, v̂ ← max(v̂, v) stands for v in the last line. With adabound, αₜ / (√v + ε) is
    clipped to [l, u], where l = f (1 − 1 / (γ t + 1)), u = f (1 + 1 / (γ t)), f = final_lr α / α₀
    and α₀ is the α that the rule was made with.

    Shapes: p, g, m, v and v̂ share one shape; any shape, empty included.
    Units:  g and m [L/p], v and v̂ [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        alpha: Learning rate, [p], at least 0.
        beta1: Share of m kept at each step, no unit, in [0, 1).
        beta2: Share of v kept at each step, no unit, in [0, 1].
        eps: Floor of the denominator, [L/p], at least 0.
        eta: Multiplier of the whole step, no unit, at least 0.
        weight_decay_rate: Decoupled decay, no unit, at least 0; decays by eta · weight_decay_rate.
        amsgrad: Whether the denominator may never shrink; a flag.
        adabound: Whether the rate is clipped towards SGD's; a flag.
        final_lr: Rate that adabound clips towards, [p²/L], at least 0.
        gamma: Speed at which adabound's bounds close, no unit, above 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Kingma and Ba (2015); weight decay: Loshchilov and Hutter (2019); amsgrad: Reddi, Kale
        and Kumar (2018); adabound: Luo, Xiong, Liu and Sun (2019).
    Differs: ε stands beside √v before the bias correction, as in Chainer and Keras; torch corrects
        v first, so its ε weighs √(1 − β₂ᵗ) times as much. Decay is eta · weight_decay_rate, where
        torch's AdamW has lr · weight_decay. The α at the start of adabound is saved, which Chainer
        forgets.
    """

    m = slot(0.0)
    v = slot(0.0)
    vhat = slot(0.0, when="amsgrad")

    def set_up(self) -> None:
        if self.value("adabound"):
            self.initial_alpha = float(self.value("alpha"))

    @derived(_rate)
    def alpha_t(self) -> float:
        """The bias-corrected learning rate of this update."""
        return _alpha_t(self.hyperparam, self.t)

    @property
    def lr(self) -> float:
        """`alpha_t` under its old name."""
        return _renamed_lr(self)

    @property
    def bounds(self) -> tuple[float, float]:
        """The rates that adabound clips to in this update."""
        _check_started(self.t, "the bounds")
        if self.initial_alpha == 0:
            raise HyperparameterError(
                "adabound began with alpha=0, so final_lr · alpha / initial alpha has no "
                "value; begin "
                "with a small positive alpha."
            )
        final_lr = self.hyperparam.final_lr * self.hyperparam.alpha / self.initial_alpha
        gamma_t = self.hyperparam.gamma * self.t
        return final_lr * (1.0 - 1.0 / (gamma_t + 1)), final_lr * (1.0 + 1.0 / gamma_t)

    @property
    def lower_bound(self) -> float:
        """The first of `bounds`."""
        return self.bounds[0]

    @property
    def upper_bound(self) -> float:
        """The second of `bounds`."""
        return self.bounds[1]

    @staticmethod
    def step(p: Any, g: Any, m: Any, v: Any, vhat: Any, h: Any) -> Any:
        m = m + (1 - h.beta1) * (g - m)
        v = v + (1 - h.beta2) * (g * g - v)
        if h.amsgrad:
            vhat = maximum(vhat, v)
        rate = h.alpha_t / (sqrt(vhat if h.amsgrad else v) + h.eps)
        if h.adabound:
            rate = minimum(maximum(rate, h.lower_bound), h.upper_bound)
        return (1 - h.eta * h.weight_decay_rate) * p + -h.eta * (rate * m), m, v, vhat

    def serialize(self, serializer: Any) -> None:
        """Save or load the state; adabound's initial alpha under a key that Chainer ignores."""
        super().serialize(serializer)
        if self.value("adabound"):
            stored = read_optional(serializer, "initial_alpha", self.initial_alpha)
            self.initial_alpha = float(stored)


class Adam(AdamHyper, GradientMethod):
    """Adam optimizer: :class:`AdamRule` for every parameter."""

    rule = AdamRule

    @property
    def alpha_t(self) -> float:
        """The bias-corrected learning rate after `t` updates."""
        return _alpha_t(self.hyperparam, self.t)

    @property
    def lr(self) -> float:
        """`alpha_t` under its old name."""
        return _renamed_lr(self)


class AdamW(Adam):
    """Adam with decoupled weight decay, [p] per step: eta · weight_decay_rate · p.

    Differs: Chainer's default rate is 0, torch's 0.01 and multiplied by lr.
    """

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay_rate: float = 0.0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, weight_decay_rate)


class AMSGrad(Adam):
    """Adam whose denominator never shrinks: ``Adam(amsgrad=True)``."""

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, amsgrad=True)


class AdaBound(Adam):
    """Adam whose rates close in on SGD's: ``Adam(adabound=True)``."""

    _amsgrad = False

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        final_lr: float = 0.1,
        gamma: float = 0.001,
        eps: float = 1e-8,
        eta: float = 1.0,
    ) -> None:
        super().__init__(
            alpha, beta1, beta2, eps, eta,
            amsgrad=self._amsgrad, adabound=True, final_lr=final_lr, gamma=gamma,
        )  # fmt: skip


class AMSBound(AdaBound):
    """AMSGrad and AdaBound together: ``Adam(amsgrad=True, adabound=True)``."""

    _amsgrad = True


def _alpha_t(hyperparam: Any, t: int) -> float:
    _check_started(t, "the learning rate")
    names = ("alpha", "beta1", "beta2")
    values = {name: getattr(hyperparam, name) for name in names}
    rate = _rate(Scope(frozenset({*names, "t"}), {}))
    return float(evaluate(rate.node, {**values, "t": t}))


def _check_started(t: int, what: str) -> None:
    if t == 0:
        raise RuntimeError(
            f"Adam has no value for {what} before its first update (t is 0). It follows from "
            f"`alpha`, which is what schedules shift."
        )


def _renamed_lr(owner: Any) -> float:
    warnings.warn(
        f"{type(owner).__name__}.lr is now called alpha_t.", DeprecationWarning, stacklevel=3
    )
    return float(owner.alpha_t)
