"""The base of optimizers that need one gradient a step."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import torch
from torch._C._dynamo.eval_frame import get_eval_frame_callback

from catenary import changes
from catenary.errors import LossError, annotate
from catenary.optimizer.averaging import AveragesWeights, average_alone, start_average
from catenary.optimizer.declare import Hyper, make_init
from catenary.optimizer.explain import Explanation, explain
from catenary.optimizer.hookable import Hook
from catenary.optimizer.hyperparameter import Hyperparameter
from catenary.optimizer.keeping import HALF_DTYPES
from catenary.optimizer.late import Awaited
from catenary.optimizer.plan import Plan
from catenary.optimizer.precision import KeepsPrecision
from catenary.optimizer.selection import Selection, choose
from catenary.optimizer.statistics import KeepsStatistics
from catenary.optimizer.step_formula import Extras
from catenary.optimizer.treatment import Treatment
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["GradientMethod"]

_OVERRIDABLE = frozenset({
    "call_hook", "call_hooks", "reallocate_cleared_grads", "check_nan_in_grads",
    "is_safe_to_update", "update_loss_scale",
})  # fmt: skip


class GradientMethod(Hyper, AveragesWeights, KeepsPrecision, KeepsStatistics):
    """Base class of single-gradient optimizers.

    Every parameter of the target gets a rule of its own (:meth:`create_update_rule`); the rules'
    hyperparameters have :attr:`hyperparam` as parent. A subclass sets ``rule`` to a
    :class:`~catenary.optimizer.UpdateRule` class, or overrides `create_update_rule`.

    Attributes:
        hyperparam: What rules fall back on; writing ``opt.hyperparam.lr`` changes all of them.

    Example:
        >>> import numpy as np
        >>> from catenary import Link, Parameter
        >>> from catenary.optimizers import SGD
        >>> model = Link()
        >>> with model.init_scope():
        ...     model.w = Parameter(np.array([1.0, 2.0], np.float32))
        >>> opt = SGD(lr=0.5).setup(model)
        >>> model.w.grad = np.array([1.0, 1.0], np.float32)
        >>> opt.update()
        >>> model.w.array
        array([0.5, 1.5], dtype=float32)
    """

    rule: ClassVar[type[UpdateRule] | None] = None
    _replaced: ClassVar[frozenset[str]] = frozenset()
    _clears = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = (n for n in _OVERRIDABLE if getattr(cls, n) is not getattr(GradientMethod, n))
        cls._replaced = frozenset(own)

    def __init__(self) -> None:
        super().__init__()
        of_rule = getattr(self.rule, "specs", {})
        declared = {name: of_rule.get(name, spec) for name, spec in self.specs.items()}
        self.hyperparam = Hyperparameter(declared=declared)

    @classmethod
    def _declare_init(cls) -> None:
        def fill(self: GradientMethod, leading: list[Any], given: dict[str, Any]) -> None:
            GradientMethod.__init__(self)
            for name, value in given.items():
                setattr(self.hyperparam, name, value)

        defaults = {name: spec.default for name, spec in cls.specs.items()}
        cls.__init__ = make_init(cls, {}, defaults, fill)  # type: ignore[method-assign]

    def setup(self, link: Any) -> Any:
        """Take `link` as target, give every parameter a new rule, and begin anew.

        See :meth:`Optimizer.setup`.
        """
        super().setup(link)
        for param in self._view.params():
            param.update_rule = self.create_update_rule()
            if self._storage != "plain":
                param.update_rule.use_storage(self._storage)
        self._plan = None
        return self

    def create_update_rule(self) -> UpdateRule:
        """Return a new rule for one parameter; a subclass overrides this or sets ``rule``."""
        if self.rule is None:
            raise NotImplementedError(
                f"{type(self).__name__} neither sets `rule` nor overrides create_update_rule()."
            )
        return self.rule(self.hyperparam)

    def update(self, lossfun: Any = None, *args: Any, **kwds: Any) -> Any:
        """Update every parameter once.

        Args:
            lossfun: Called as ``lossfun(*args, **kwds)``; gradients are then cleared and computed
                from the loss that it returns. None: the gradients are there already.
            *args: Given to `lossfun`.
            **kwds: Given to `lossfun`.

        Returns:
            What `lossfun` returned; None without it.

        Raises:
            NotSetUpError: Before `setup`.
            LossError: If `lossfun` cannot be called, or returned no scalar to differentiate.
            HyperparameterError: If a hyperparameter lies outside its range; nothing was changed.
            GradientError: If a parameter or gradient cannot be updated; nothing was changed.

        Differs from Chainer: returns the loss. Where hooks are formulas, ``param.grad`` still reads
        as `backward` left it after the step, without the hooks' changes.
        """
        self._check_set_up()
        loss = None
        if lossfun is not None:
            if not callable(lossfun):
                raise LossError(
                    f"update() calls a function to get the loss, and was given a "
                    f"{type(lossfun).__name__}. Write update(model, x, t) to have it called; or "
                    f"model.cleargrads(), loss.backward(), and then update() without arguments."
                )
            loss = lossfun(*args, **kwds)
            self._view.check_loss(loss)
            if self._use_cleargrads:
                self._view.cleargrads()
            else:
                self._view.zerograds()
            self._view.backward(loss, self._loss_scale)
        move = self._update_one_by_one if self._takes_chainers_way() else self._update_by_plan
        if get_eval_frame_callback() is not None:
            # Called by what torch.compile made, which cannot gain in kernels compiled already.
            move = torch.compiler.disable(move)  # type: ignore[no-untyped-call]
        move()
        return loss

    def _takes_chainers_way(self) -> bool:
        """Whether a subclass or the instance replaced a part of the step, so that all parts must
        run.
        """
        return bool(self._replaced) or not _OVERRIDABLE.isdisjoint(self.__dict__)

    def _overridden(self) -> list[str]:
        return sorted(self._replaced | _OVERRIDABLE.intersection(self.__dict__))

    def _checked_plan(self) -> Plan:
        """Return the plan of this step, after checking all that can be checked."""
        plan: Plan | None = self._plan
        if plan is not None and plan.is_checked() and plan.view is self._view:
            return plan
        if plan is None or not plan.is_current() or plan.view is not self._view:
            self.synchronize()
            plan = self._plan = self._new_plan(self._hooks("pre"))
        plan.check()
        return plan

    def _new_plan(self, hooks: list[Hook]) -> Plan:
        extras = Extras(self._average_decay, self._counts, self._clears)
        return Plan(self._view, hooks, extras, has_post_hooks=bool(self._hooks("post")))

    def _plan_after_hooks(self) -> Plan:
        """Return the plan of a step whose hooks have run already."""
        plan = self._checked_plan()
        if plan.apart is None:  # the last plain hook removed itself; the others would run again
            plan = self._new_plan([])
            plan.check()
        return plan

    def _hooks(self, timing: str) -> list[Hook]:
        return [hook for _, hook in self._check_set_up().at(timing)]

    def _update_by_plan(self) -> None:
        plan = self._checked_plan()
        if plan.apart is None:
            if self._awaited:
                self._learn(wait=False)
            seen = self._non_finite
            at_once = seen.policy == "raise" or plan.has_post_hooks
            found = plan.step(check_finite=self._checks_finite, at_once=at_once)
            if isinstance(found, Awaited):
                self._await(found)
                self.t += 1
                return
            if found or seen.paths:
                self._note_non_finite(found, self.t, self._loss_scale)
            self.t += 1
        else:
            self._view.fill_missing_grads()
            self.check_nan_in_grads()
            self._call_pre_hooks()
            self.t += 1
            plan = self._plan_after_hooks()
            if self.is_safe_to_update():
                plan.step(check_finite=False, at_once=True)
            else:
                plan.clear_gradients()
        if plan.has_post_hooks:
            self._view.fill_missing_grads()
            self._unscale_grads()
            self.call_hooks("post")
        if self._loss_scaling is not None:
            self.update_loss_scale()

    def clear_in_step(self, on: bool = True) -> None:
        """Let the updating pass leave zeros in the gradients, in place.

        The next ``backward`` then adds to the same memory: nothing is allocated, no pass of its own
        clears it, and gradients need not be cleared by hand. A step that is skipped clears too.

        Args:
            on: False to leave gradients as they are, which is how it begins.

        After a step ``param.grad`` then reads as zeros. A step that runs Chainer's way, since the
        class overrides a part of it, clears nothing.
        """
        self._clears = bool(on)
        changes.structure()

    def select(
        self, *patterns: str, ndim: int | None = None, dtype: Any = None, within: Any = None
    ) -> Selection:
        """Choose parameters of the target, to treat them apart.

        Args:
            *patterns: Shell patterns over paths, any of which may match; ``*`` crosses slashes, and
                a dot stands for a slash.
            ndim: Number of dimensions that they must have.
            dtype: The torch dtype that they must have.
            within: Classes of links or modules in which they must lie.

        Raises:
            NotSetUpError: Before `setup`.
            SelectionError: If nothing matches.

        Example:
            >>> import catenary.links as L
            >>> from catenary import Sequential
            >>> from catenary.optimizer_hooks import WeightDecay
            >>> from catenary.optimizers import Adam
            >>> opt = Adam().setup(Sequential(L.Linear(2, 3), L.Linear(3, 1)))
            >>> opt.select("*.W").add_hook(WeightDecay(1e-4))
            Selection of 2 parameters:
                /0/W  (3, 2)
                /1/W  (1, 3)
        """
        self._check_set_up()
        inside = None if within is None else self._view.tensors_within(within)
        named = self._view.namedparams(False)
        return choose(Treatment(), named, patterns, ndim=ndim, dtype=dtype, inside=inside)

    def explain(self) -> Explanation:
        """Return what a step does and why: buckets, passes, bytes a value, what fell out.

        Print it; its ``buckets[i].sources`` hold the kernels that were compiled. Nothing is
        updated.

        Raises:
            NotSetUpError: Before `setup`.
        """
        hooks = [name for name, _ in self._check_set_up().at("pre")]
        return explain(
            self._name,
            self._checked_plan(),
            hooks,
            scaled=self._loss_scale is not None,
            check_finite=self._checks_finite,
            overridden=self._overridden(),
        )

    def _update_one_by_one(self) -> None:
        self._checked_plan()
        self.reallocate_cleared_grads()
        self.check_nan_in_grads()
        self._call_pre_hooks()
        self.t += 1
        if self.is_safe_to_update():
            moving = [
                named for named in self._view.namedparams() if self._view.takes_part(named[1])
            ]
            for path, param in moving:
                self._update_one(path, param)
            self._view.written([param.tensor for _, param in moving if param.is_initialized])
            if self._counts is not None:
                self._counts.note({}, clipped=False)
        self.reallocate_cleared_grads()
        self.call_hooks("post")
        self.update_loss_scale()

    def _update_one(self, path: str, param: Any) -> None:
        decay = self._average_decay
        averages = decay is not None and param.is_initialized and param.update_rule is not None
        if averages:
            start_average(param.update_rule, param)
        try:
            param.update()
        except Exception as error:
            annotate(error, f"while updating {path}; parameters before it are updated already")
            raise
        if averages and decay is not None:
            average_alone(param.update_rule, param, decay)

    def _unscale_grads(self) -> None:
        for param in self._view.params(False):
            param.unscale_grad()

    def _call_pre_hooks(self) -> None:
        """Call the hooks with unscaled gradients.

        A gradient in 16 bits may vanish when it is unscaled, which a rule that computes in float32
        need not suffer: what no hook changed gets its scaled values back, and the rule divides
        those in float32.
        """
        kept = []
        for param in self._view.params(False):
            rule, grad, scale = param.update_rule, param.tensor.grad, param._loss_scale
            halved = grad is not None and grad.dtype in HALF_DTYPES
            if halved and scale is not None and rule is not None and rule._storage != "plain":
                scaled = grad.clone()
                param.unscale_grad()
                kept.append((param, scale, scaled, param.tensor.grad.clone()))
        self._unscale_grads()
        self.call_hooks("pre")
        for param, scale, scaled, shown in kept:
            grad = param.tensor.grad
            if grad is not None and torch.equal(grad, shown):
                grad.data.copy_(scaled.data)
                param._loss_scale = scale

    def call_hook(self, hook: Hook) -> None:
        """Call one hook, then fill in gradients that it cleared."""
        try:
            super().call_hook(hook)
        except Exception as error:
            annotate(
                error, f"in the hook {hook!r}; parameters are as before this step if it ran 'pre'"
            )
            raise
        self.reallocate_cleared_grads()

    def reallocate_cleared_grads(self) -> None:
        """Make missing gradients zeros; called before and after every hook.

        A subclass that needs none of it may override it with a blank.
        """
        self._view.fill_missing_grads()

    def use_cleargrads(self, use: bool = True) -> None:
        """Choose whether `update` clears gradients (the default) or fills them with zeros.

        Deprecated in Chainer and kept for its programs; clearing is faster.
        """
        warnings.warn(
            "use_cleargrads is deprecated; gradients are cleared by default.",
            DeprecationWarning,
            stacklevel=2,
        )
        self._use_cleargrads = use
