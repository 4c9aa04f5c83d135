"""Schedule-Free AdamW and SGD: an average of the iterates in place of a schedule of the rate."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from catenary.errors import HyperparameterError, StateError
from catenary.expr import maximum, minimum, sqrt, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


def _average(weight_sum: Any, lr_max: Any, h: Any) -> Any:
    """Return the warmed-up rate, the share of z in the average, and the new numbers."""
    rate = h.lr * minimum(1, h.t / maximum(1, h.warmup_steps))
    lr_max = maximum(lr_max, rate)
    weight = h.t**h.r * lr_max**h.weight_lr_power
    weight_sum = weight_sum + weight
    return rate, where(weight_sum > 0, weight / weight_sum, 0), weight_sum, lr_max


def _move(p: Any, z: Any, direction: Any, rate: Any, share: Any, kept: Any) -> Any:
    """Return the new y and z; x is never written down, since y = (1 − β) z + β x."""
    y = p + share * (z - p) + rate * (kept * (1 - share) - 1) * direction
    return y, z - rate * direction


class ScheduleFreeRule(FormulaRule):
    """What the two rules share: z, which goes its way, and the weights of its average x."""

    z = slot("p")
    weight_sum = slot(0.0, scalar=True)
    lr_max = slot(0.0, scalar=True)


class AdamWScheduleFreeHyper(Hyper):
    lr: float = hyper(default=0.0025, ge=0, unit="p")
    betas: tuple[float, float] = hyper(default=(0.9, 0.999), ge=0, lt=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.0, ge=0, unit="1/p")
    warmup_steps: float = hyper(default=0.0, ge=0)
    r: float = hyper(default=0.0)
    weight_lr_power: float = hyper(default=2.0)
    maximize: bool = hyper(default=False, kw_only=True)


class AdamWScheduleFreeRule(AdamWScheduleFreeHyper, ScheduleFreeRule):
    """AdamW without first moment; gradients are taken between z and the average x of all z.

        v ← β₂ v + (1 − β₂) g²
        d = g / (√(v / (1 − β₂ᵗ)) + ε) + weight_decay · y
        γ = lr · min(1, t / warmup_steps),   w = tʳ · (largest γ so far)^weight_lr_power
        z ← z − γ d
        x ← x + w / Σw · (z − x)
        y ← (1 − β₁) z + β₁ x                       (p holds y; x is not stored)

    Shapes: p, g, v and z share one shape; any shape, empty included.
    Units:  g [L/p], v [L²/p²], z [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0; usually 1 to 10 times larger than for AdamW.
        betas: Share of x in y, in (0, 1), and of v kept at each step, in [0, 1); no unit.
        eps: Floor of the denominator, [L/p], at least 0.
        weight_decay: Decoupled decay, taken at y, [1/p], at least 0.
        warmup_steps: Steps over which the rate grows in a line, at least 0.
        r: Power of t in the weights of the average, no unit.
        weight_lr_power: Power of the rate in the weights of the average, no unit.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Defazio et al., The road less scheduled (2024), algorithm 1; names, order and defaults
        are those of the authors' package.
    Differs: t and Σw are counted for each tensor; the authors' package counts them for each group,
        also for tensors without gradient. In the paper w has γ, not the largest γ so far.
    """

    exp_avg_sq = slot(0.0)

    @property
    def interpolation(self) -> float:
        """Share of x in y."""
        return self.betas[0]

    @staticmethod
    def step(p: Any, g: Any, z: Any, weight_sum: Any, lr_max: Any, exp_avg_sq: Any, h: Any) -> Any:
        _, beta2 = h.betas
        if h.maximize:
            g = -g
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        denominator = sqrt(exp_avg_sq / (1 - beta2**h.t)) + h.eps
        direction = g / denominator + h.weight_decay * p
        rate, share, weight_sum, lr_max = _average(weight_sum, lr_max, h)
        p, z = _move(p, z, direction, rate, share, h.interpolation)
        return p, z, weight_sum, lr_max, exp_avg_sq

    def check_hyperparameters(self, dtype: Any = None) -> None:
        super().check_hyperparameters(dtype)
        if self.interpolation == 0:
            raise HyperparameterError(
                f"AdamWScheduleFree got betas={self.betas}; the first must lie in (0, 1), since at "
                f"0 the average could not be found from the weights. The default is 0.9."
            )


class SGDScheduleFreeHyper(Hyper):
    lr: float = hyper(default=1.0, ge=0, unit="p²/L")
    momentum: float = hyper(default=0.9, gt=0, lt=1)
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    warmup_steps: float = hyper(default=0.0, ge=0)
    r: float = hyper(default=0.0)
    weight_lr_power: float = hyper(default=2.0)
    maximize: bool = hyper(default=False, kw_only=True)


class SGDScheduleFreeRule(SGDScheduleFreeHyper, ScheduleFreeRule):
    """SGD whose gradients are taken between z and the average x of all z.

        d = g + weight_decay · y
        γ = lr · min(1, t / warmup_steps),   w = tʳ · (largest γ so far)^weight_lr_power
        z ← z − γ d
        x ← x + w / Σw · (z − x)
        y ← (1 − momentum) z + momentum · x         (p holds y; x is not stored)

    Shapes: p, g and z share one shape; any shape, empty included.
    Units:  g [L/p], z [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0; usually 10 to 50 times larger than for SGD.
        momentum: Share of x in y, no unit, in (0, 1).
        weight_decay: Decay, taken at y, [L/p²], at least 0.
        warmup_steps: Steps over which the rate grows in a line, at least 0.
        r: Power of t in the weights of the average, no unit.
        weight_lr_power: Power of the rate in the weights of the average, no unit.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Defazio et al., The road less scheduled (2024), equations 3 to 5; names, order and
        defaults are those of the authors' package.
    Differs: t and Σw are counted for each tensor; the authors' package counts them for each group,
        also for tensors without gradient.
    """

    @property
    def interpolation(self) -> float:
        """Share of x in y."""
        return self.momentum

    @staticmethod
    def step(p: Any, g: Any, z: Any, weight_sum: Any, lr_max: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        rate, share, weight_sum, lr_max = _average(weight_sum, lr_max, h)
        p, z = _move(p, z, g + h.weight_decay * p, rate, share, h.interpolation)
        return p, z, weight_sum, lr_max


class ScheduleFree(Optimizer):
    """Base of the schedule-free optimizers: the model holds y for training, or x for evaluation.

    Training comes first. Which of the two the model holds stands in ``param_groups`` under
    ``"train_mode"`` and in checkpoints: save the model and the optimizer in one mode.
    """

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors with hyperparameters of their own; they begin in training mode.

        Args:
            param_group: ``{"params": tensors or (name, tensor) pairs, ...}``; what it does not name
                has the optimizer's value.

        Raises:
            WrongWordError: If a word is Chainer's, or looks like a misspelled one of ours.
        """
        super().add_param_group(param_group)
        self.param_groups[-1].setdefault("train_mode", True)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient and is not frozen, once.

        Args:
            closure: Computes the loss and its gradients, and returns the loss; called first, with
                gradients enabled.

        Returns:
            What `closure` returned; None without it.

        Raises:
            StateError: If the model holds the weights for evaluation; nothing was changed.
            HyperparameterError: If a hyperparameter lies outside its range; nothing was changed.
            GradientError: If a gradient is sparse, or a parameter complex; nothing was changed.
        """
        if not all(group["train_mode"] for group in self.param_groups):
            raise StateError(
                f"{type(self).__name__}.step() was called while the model holds the weights for "
                f"evaluation; a step from there would lose the training's. Call opt.train() first, "
                f"or evaluate inside `with opt.evaluation_weights():`."
            )
        return super().step(closure)

    @torch.no_grad()
    def eval(self) -> None:
        """Put the averaged weights x into the model; the training's are kept aside.

        They take as much memory as the model until :meth:`train` puts them back.
        """
        self._follow()
        kept = vars(self).setdefault("_training_weights", {})
        for tensor, z, share in self._averaged(training=True):
            before = tensor.clone()
            tensor.lerp_(z, 1 - 1 / share)
            kept[tensor] = (before, tensor._version)
        self._set_mode(training=False)

    @torch.no_grad()
    def train(self) -> None:
        """Put the training's weights y back into the model.

        Those that :meth:`eval` kept come back bit for bit. For a parameter that was written since,
        or after loading a checkpoint of evaluation weights, y is computed from x and z.
        """
        self._follow()
        kept = vars(self).pop("_training_weights", {})
        for tensor, z, share in self._averaged(training=False):
            before, version = kept.get(tensor, (None, None))
            if tensor._version == version:
                tensor.copy_(before)
            else:
                tensor.lerp_(z, 1 - share)
        self._set_mode(training=True)

    @contextlib.contextmanager
    def evaluation_weights(self) -> Iterator[None]:
        """Put the averaged weights into the model for the length of a `with` block.

        Example:
            >>> import torch
            >>> from catenary.optim import SGDScheduleFree
            >>> model = torch.nn.Linear(2, 1)
            >>> opt = SGDScheduleFree(model, lr=0.1)
            >>> model(torch.ones(4, 2)).sum().backward()
            >>> opt.step()
            >>> with opt.evaluation_weights():
            ...     value = model(torch.ones(4, 2)).sum()
        """
        was_training = any(group["train_mode"] for group in self.param_groups)
        self.eval()
        try:
            yield
        finally:
            if was_training:
                self.train()

    def _averaged(self, *, training: bool) -> Iterator[tuple[torch.Tensor, torch.Tensor, float]]:
        """Yield what is in a mode and has an average: tensor, z, share of x in y."""
        for group in self.param_groups:
            for tensor in group["params"] if group["train_mode"] == training else ():
                param = self._view.of(tensor)
                rule = None if param is None else param.update_rule
                if isinstance(rule, ScheduleFreeRule) and rule.state is not None:
                    z = self.state[tensor]["z"]
                    yield tensor, z.to(tensor.dtype), rule.value("interpolation")

    def _set_mode(self, *, training: bool) -> None:
        for group in self.param_groups:
            group["train_mode"] = training


class AdamWScheduleFree(AdamWScheduleFreeHyper, ScheduleFree):
    """Schedule-Free AdamW (Defazio et al. 2024): :class:`AdamWScheduleFreeRule`, fused.

    Evaluate inside ``with opt.evaluation_weights():``, or between ``opt.eval()`` and
    ``opt.train()``; use no scheduler.
    """

    rule = AdamWScheduleFreeRule


class SGDScheduleFree(SGDScheduleFreeHyper, ScheduleFree):
    """Schedule-Free SGD (Defazio et al. 2024): :class:`SGDScheduleFreeRule`, fused.

    Evaluate inside ``with opt.evaluation_weights():``, or between ``opt.eval()`` and
    ``opt.train()``; use no scheduler.
    """

    rule = SGDScheduleFreeRule
