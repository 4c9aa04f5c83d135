"""The base of every optimizer: a target, counters, hooks, loss scaling, serialization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from catenary.errors import HyperparameterError, NotSetUpError
from catenary.optimizer.hookable import Hook, Hookable
from catenary.optimizer.loss_scale import LossScaling
from catenary.optimizer.non_finite import NonFinite, Policy
from catenary.optimizer.spread import adding_up
from catenary.optimizer.state import read_optional
from catenary.optimizer.target import Target, view_of
from catenary.optimizer.update_rule import serialize_hyperparam

__all__ = ["Optimizer"]


class Optimizer:
    """Base class of all optimizers.

    An optimizer is set up with a target and then updates its parameters. A subclass must override
    :meth:`update`; gradient-based ones inherit :class:`~catenary.optimizer.GradientMethod` instead.

    Attributes:
        target: What :meth:`setup` was called with; None before.
        t: Number of calls of `update`.
        epoch: Number of epochs begun; see :meth:`new_epoch`.
        use_auto_new_epoch: Whether an updater calls :meth:`new_epoch`; the updater sets it.

    Differs from Chainer: `setup` also takes a ``torch.nn.Module``; a dynamic loss scale is a power
    of two and is saved; gradients are unscaled before hooks see them.
    """

    t: int = 0
    epoch: int = 0
    target: Any = None
    use_auto_new_epoch: bool = False

    _name: str = "Optimizer"
    _hookable: Hookable | None = None
    _loss_scale: float | None = None
    _loss_scale_max: float = 65504
    _loss_scaling_is_dynamic: bool = False
    _loss_scaling: LossScaling | None = None
    _seen: tuple[Any, Target] | None = None
    _use_cleargrads: bool = True
    _plan: Any = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._name = cls.__name__

    @property
    def _non_finite(self) -> NonFinite:
        found: NonFinite | None = self.__dict__.get("_non_finite_")
        if found is None:  # made when first asked for: a subclass need not call our constructor
            found = self.__dict__["_non_finite_"] = NonFinite()
        return found

    @_non_finite.setter
    def _non_finite(self, value: NonFinite) -> None:
        self.__dict__["_non_finite_"] = value

    def setup(self, link: Any) -> Any:
        """Take `link` as target and begin anew: states, hooks, `t` and `epoch` are discarded.

        Args:
            link: A Link, or any ``torch.nn.Module`` (shared parameters once, frozen ones skipped as
                long as they are frozen).

        Returns:
            The optimizer itself, so that ``opt = SomeOptimizer().setup(model)`` is one line.

        Raises:
            TargetError: If it holds no parameters (a TypeError).
        """
        view = view_of(link)
        self.target = link
        self._seen = (link, view)
        self.t = 0
        self.epoch = 0
        self._hookable = Hookable(self._name, lenient=True)
        return self

    @property
    def _view(self) -> Target:
        """The target as the machinery sees it; follows assignments to `target`."""
        if self._seen is None or self._seen[0] is not self.target:
            self._seen = (self.target, view_of(self.target))
        return self._seen[1]

    def _check_set_up(self) -> Hookable:
        if self._hookable is None:
            name = type(self).__name__
            raise NotSetUpError(
                f"this {name} has no target yet; call setup first: {name}(...).setup(model)."
            )
        return self._hookable

    def update(self, lossfun: Any = None, *args: Any, **kwds: Any) -> Any:
        """Update the parameters once; a subclass must override this.

        Args:
            lossfun: Called as ``lossfun(*args, **kwds)``, possibly several times, to get the loss.
                None: the gradients are there already.
            *args: Given to `lossfun`.
            **kwds: Given to `lossfun`.

        Raises:
            NotImplementedError: Always, here.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not override update(); a gradient-based optimizer "
            "inherits "
            f"catenary.GradientMethod, which has one."
        )

    def new_epoch(self, auto: bool = False) -> None:
        """Count one more epoch.

        Args:
            auto: True where an updater calls it; it must have set `use_auto_new_epoch`.

        Raises:
            RuntimeError: If an updater and the program would both count, or an updater counts
                without having said so.
        """
        if auto and not self.use_auto_new_epoch:
            raise RuntimeError(
                "new_epoch(auto=True) is for updaters that set optimizer.use_auto_new_epoch = True "
                "first; this one did not. In a loop of your own, call new_epoch()."
            )
        if not auto and self.use_auto_new_epoch:
            raise RuntimeError(
                "the updater counts epochs already (use_auto_new_epoch is True), so "
                "new_epoch() would "
                "count them twice. Drop the call, or give the updater auto_new_epoch=False."
            )
        self.epoch += 1

    def add_hook(self, hook: Hook, name: str | None = None, timing: str = "auto") -> None:
        """Register a hook.

        Args:
            hook: Called as ``hook(optimizer)`` once a step, or, if ``hook.call_for_each_param`` is
                true, as ``hook(rule, param)`` for each parameter.
            name: What it is registered as; the hook's ``name``, else its ``__name__``, by default.
            timing: 'pre' before the updates, 'post' after them, 'auto' what the hook's ``timing``
                says ('pre' if it says nothing).

        Raises:
            NotSetUpError: Before `setup`.
            TypeError: If the hook is not callable.
            HookError: If it has no name, its name is taken (a KeyError too), or `timing` is
                unknown.
        """
        self._check_set_up().add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Forget the hook called `name`; HookError (a KeyError too) if there is none."""
        self._check_set_up().remove(name)

    def call_hooks(self, timing: str = "pre") -> None:
        """Call every hook of a timing, in order of registration."""
        for _, hook in self._check_set_up().at(timing):
            self.call_hook(hook)

    def call_hook(self, hook: Hook) -> None:
        """Call one hook, once or for each parameter as it asks."""
        if getattr(hook, "call_for_each_param", False):
            for param in self._view.params():
                hook(param.update_rule, param)
        else:
            hook(self)

    def serialize(self, serializer: Any) -> None:
        """Save or load `t`, `epoch` and the states; never the parameters.

        Under keys that Chainer ignores it also keeps the dynamic loss scale and the
        hyperparameters; the latter are read back only under ``using_config("restore_hyperparams",
        True)``.
        """
        self.t = serializer("t", self.t)
        self.epoch = serializer("epoch", self.epoch)
        if self._loss_scaling is not None:
            self._serialize_loss_scale(serializer["loss_scale"], self._loss_scaling)
        if hasattr(self, "hyperparam"):
            serialize_hyperparam(serializer, self.hyperparam)
        if self.target is None:
            return
        for path, param in self._view.namedparams():
            rule = getattr(param, "update_rule", None)
            if rule is not None:
                with rule.serializing(param):
                    rule.serialize(serializer[path])

    def _serialize_loss_scale(self, serializer: Any, scaling: LossScaling) -> None:
        self._loss_scale = float(read_optional(serializer, "value", self._loss_scale))
        scaling.serialize(serializer)

    def loss_scaling(self, interval: float = 1000, scale: float | None = None) -> None:
        """Multiply losses, so that small gradients survive float16; gradients are divided again.

        Args:
            interval: For a dynamic scale, good steps until it doubles; at least 1, may be infinite.
            scale: A static scale, above 0; None for a dynamic one, which starts at 1 and doubles at
                every step until the first overflow.

        Raises:
            HyperparameterError: If a value is out of range (a ValueError).

        May be called before or after `setup`.
        """
        if scale is None:
            if not interval >= 1:
                raise HyperparameterError(f"interval must be at least 1 step, and is {interval}.")
            self._loss_scaling_is_dynamic = True
            self._loss_scaling = LossScaling(interval)
            self._loss_scale = 1.0
        else:
            if not 0 < scale < float("inf"):
                raise HyperparameterError(
                    f"a loss scale must be a positive number, and is {scale}."
                )
            self._loss_scaling_is_dynamic = False
            self._loss_scaling = None
            self._loss_scale = float(scale)

    def set_loss_scale(self, loss_scale: float) -> None:
        """Use a static loss scale; the same as ``loss_scaling(scale=loss_scale)``."""
        self.loss_scaling(scale=loss_scale)

    def when_not_finite(self, policy: Policy | None, *, stop_after: int | None = None) -> None:
        """Choose what a step does that meets a gradient with an infinite or NaN element.

        Args:
            policy: 'skip' it with a warning, so that it updates nothing; 'raise' a GradientError
                that names the parameters, after which nothing is changed either; None: do not look,
                which saves a pass over the gradients unless they are clipped by their norm.
            stop_after: With 'skip', consecutive skipped steps after which GradientError is raised.

        Raises:
            ValueError: If `policy` is unknown, or `stop_after` is no positive whole number.

        A dynamic loss scale looks in any case, and skips.
        """
        if policy not in ("skip", "raise", None):
            raise ValueError(f"policy must be 'skip', 'raise' or None, and is {policy!r}.")
        if stop_after is not None and (policy != "skip" or stop_after < 1):
            raise ValueError(
                f"stop_after counts skipped steps: a whole number from 1, with policy='skip'; got "
                f"stop_after={stop_after!r} with policy={policy!r}."
            )
        self._non_finite = NonFinite(policy, stop_after)

    @property
    def _checks_finite(self) -> bool:
        return self._loss_scaling_is_dynamic or self._non_finite.policy is not None

    def check_nan_in_grads(self) -> None:
        """Look for gradients that are not finite, where somebody asked or the scale is dynamic."""
        named = list(self._view.namedparams(False)) if self._checks_finite else []
        bad: Sequence[int] = [
            place
            for place, (_, param) in enumerate(named)
            if param.tensor.grad is not None and not torch.isfinite(param.tensor.grad).all()
        ]
        whole = adding_up([[param for _, param in named]])
        if whole is not None:
            _, (bad,) = whole([np.zeros((0, len(named)))], [bad])
        self._note_non_finite([named[place][0] for place in bad], self.t, self._loss_scale)

    def _note_non_finite(self, paths: Sequence[str], t: int, loss_scale: float | None) -> None:
        """Take notice of the gradients that step `t` found not to be finite."""
        self._non_finite.note(tuple(paths), t, loss_scale)

    def is_safe_to_update(self) -> bool:
        """Return whether the last check found every gradient finite."""
        return not self._non_finite.paths

    def update_loss_scale(self) -> None:
        """Grow or shrink a dynamic loss scale after a step.

        Raises:
            LossScaleError: If gradients stay non-finite at the smallest scale.
        """
        scaling = self._loss_scaling
        if scaling is None or self._loss_scale is None:
            return
        before, good = self._loss_scale, self.is_safe_to_update()
        adjusted = scaling.after_good_step if good else scaling.after_overflow
        self._loss_scale = adjusted(before, self._loss_scale_max)
        scaling.note(self.t, before, self._loss_scale)
        if not good:
            scaling.check_progress(self._non_finite.paths[0])

    @property
    def loss_scale_history(self) -> tuple[tuple[int, float], ...]:
        """(iteration, the scale that it left) of the last 1,000 changes of a dynamic loss scale."""
        return () if self._loss_scaling is None else tuple(self._loss_scaling.history)

    @property
    def skipped_steps(self) -> int:
        """Number of steps that a dynamic loss scale skipped, since gradients were not finite."""
        return 0 if self._loss_scaling is None else self._loss_scaling.skipped

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made from the rest: the view and the plan."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_seen", "_plan")}
