"""torch.optim's face over the machinery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from catenary.errors import HyperparameterError, WrongWordError
from catenary.optim.param_groups import ParamGroups
from catenary.optim.state import StateView
from catenary.optim.words import check_words, plain_names, unknown_word
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper
from catenary.optimizer.declare import make_init
from catenary.optimizer.explain import Explanation
from catenary.optimizer.optimizer import Optimizer as Machine
from catenary.optimizer.spec import REQUIRED

__all__ = ["Optimizer", "Params"]

Params = (
    torch.nn.Module
    | Iterable[torch.Tensor]
    | Iterable[tuple[str, torch.Tensor]]
    | Iterable[dict[str, Any]]
)
"""What an optimizer can be given: a module, its ``named_parameters()`` or ``parameters()``, or
groups.
"""

_ACCEPTED = {"foreach": None, "capturable": False, "differentiable": False, "fused": None}
"""torch's words that choose among its implementations, of which there is one here."""


class Engine(GradientMethod):
    """The machinery's side of a torch optimizer; its target gives parameters their rules."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def setup(self, link: ParamGroups) -> Engine:
        """Take the groups as target and keep the rules that they gave out."""
        Machine.setup(self, link)
        return self


class Optimizer(Hyper, torch.optim.Optimizer):
    """Base class: a ``torch.optim.Optimizer`` whose step is one fused pass, for any rule.

    A subclass names its rule, a :class:`~catenary.optimizer.FormulaRule`; everything else follows:
    the constructor with the rule's hyperparameters, the kernels, the checkpoints.

    Args:
        params: A module, ``named_parameters()``, ``parameters()``, or groups: dictionaries with
            ``"params"`` and hyperparameters of their own. With names, checkpoints are matched by
            name and messages speak of them.
        foreach, fused, capturable: Accepted for torch's sake and without meaning: there is one
            implementation.
        differentiable: Must be False.

    Raises:
        HyperparameterError: If a value is no number or lies outside its range (a ValueError).
        WrongWordError: If a word is unknown (a TypeError).

    Example:
        >>> import torch
        >>> from catenary.optim import Optimizer
        >>> from catenary.optimizer import FormulaRule, hyper, slot
        >>> class HeavyBallRule(FormulaRule):
        ...     lr: float = hyper(default=0.01, ge=0)
        ...     v = slot(0.0)
        ...     @staticmethod
        ...     def step(p, g, v, h):
        ...         v = 0.9 * v + g
        ...         return p - h.lr * v, v
        >>> class HeavyBall(Optimizer):
        ...     rule = HeavyBallRule
        >>> model = torch.nn.Linear(2, 1)
        >>> opt = HeavyBall(model, lr=0.1)
        >>> opt.zero_grad()
        >>> model(torch.ones(4, 2)).sum().backward()
        >>> opt.step()
        >>> list(opt.state_dict()["state"][0])
        ['step', 'v']

    Differs from torch: a parameter that is frozen (``requires_grad`` is False) rests even if it
    has a gradient; ranges are checked at every step that uses a changed value; loading matches
    names and casts nothing.
    """

    rule: ClassVar[type[FormulaRule]]
    counts_steps: ClassVar[bool] = True
    """Whether checkpoints hold ``step``, as torch's do for every optimizer but SGD."""

    if TYPE_CHECKING:
        params: Params = hyper()
        foreach: bool | None = hyper(default=None, kw_only=True)
        capturable: bool = hyper(default=False, kw_only=True)
        differentiable: bool = hyper(default=False, kw_only=True)
        fused: bool | None = hyper(default=None, kw_only=True)

    def __init_subclass__(cls, **options: Any) -> None:
        # The declarations of a rule are the optimizer's too.
        for name, spec in vars(cls).get("rule", FormulaRule).specs.items():
            if name not in cls.specs and not any(name in vars(b) for b in cls.__mro__):
                setattr(cls, name, spec)
        super().__init_subclass__(**options)

    @classmethod
    def _declare_init(cls) -> None:
        def fill(self: Optimizer, leading: list[Any], given: dict[str, Any]) -> None:
            Optimizer.__init__(self, *leading, **given)

        defaults = {name: spec.default for name, spec in cls.specs.items()}
        cls.__init__ = make_init(  # type: ignore[method-assign]
            cls, {"params": REQUIRED}, defaults, fill, named=_ACCEPTED
        )

    @classmethod
    def _unknown_word(cls, word: str, value: Any) -> WrongWordError:
        return unknown_word(cls, word, value)

    def __init__(self, params: Params, **words: Any) -> None:
        if words.get("differentiable"):
            raise HyperparameterError(
                f"{type(self).__name__} got differentiable=True, and a fused step cannot be "
                f"differentiated through. Use torch.optim.{type(self).__name__} for that."
            )
        self._view = ParamGroups()
        self._engine = Engine(type(self).__name__)
        self._module = params if isinstance(params, torch.nn.Module) else None
        given = params.named_parameters() if isinstance(params, torch.nn.Module) else params
        torch.optim.Optimizer.__init__(self, given, words)
        self._follow()
        self._engine.setup(self._view)

    # ---- torch's methods

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient and is not frozen, once.

        Args:
            closure: Computes the loss and its gradients, and returns the loss; called first, with
                gradients enabled.

        Returns:
            What `closure` returned; None without it.

        Raises:
            HyperparameterError: If a hyperparameter lies outside its range; nothing was changed.
            GradientError: If a gradient is sparse, or a parameter complex; nothing was changed.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self._follow()
        self._engine.update()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill those that are there with zeros.

        Args:
            set_to_none: False to keep the memory and write zeros.
        """
        for group in self.param_groups:
            for tensor in group["params"]:
                if set_to_none:
                    tensor.grad = None
                elif tensor.grad is not None:
                    tensor.grad.detach_().zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors with hyperparameters of their own.

        Args:
            param_group: ``{"params": tensors or (name, tensor) pairs, ...}``; what it does not name
                has the optimizer's value.

        Raises:
            WrongWordError: If a word is Chainer's, or looks like a misspelled one of ours.
        """
        if isinstance(param_group, dict):
            check_words(type(self), param_group)
        super().add_param_group(param_group)
        added = self.param_groups[-1]
        if "param_names" in added:
            added["param_names"] = plain_names(added["param_names"], self._module)

    @property  # type: ignore[override]
    def state(self) -> StateView:
        """The state of each tensor in torch's names; written entries are heard."""
        return StateView(self._view, counts_steps=self.counts_steps)

    @state.setter
    def state(self, states: Mapping[torch.Tensor, dict[str, Any]]) -> None:
        view = self.state
        view.clear()
        view.update(states)

    def __getstate__(self) -> dict[str, Any]:
        held = super().__getstate__()
        return {**held, "state": {t: dict(s) for t, s in self.state.items()}, "t": self._engine.t}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        states, t = state.pop("state"), state.pop("t", 0)
        self.__dict__.setdefault("_module", None)
        self._view = ParamGroups()
        self._engine = Engine(type(self).__name__)
        super().__setstate__(state)
        self._follow()
        self._engine.setup(self._view)
        self._engine.t = t
        self.state = states

    # ---- what torch has not

    def add_hook(self, hook: Callable[..., Any], name: str | None = None) -> None:
        """Register a hook that sees gradients before every step; see `catenary.optimizer_hooks`.

        Args:
            hook: A formula (clipping, decay), which joins the kernel, or any callable: called as
                ``hook(optimizer)``, or for each tensor as ``hook(rule, param)`` if its
                ``call_for_each_param`` is true.
            name: What it is registered as; by default the hook's own name.
        """
        self._engine.add_hook(hook, name)

    def remove_hook(self, name: str) -> None:
        """Forget the hook called `name`; HookError (a KeyError too) if there is none."""
        self._engine.remove_hook(name)

    def average_weights(self, decay: float | None = 0.999) -> None:
        """Keep an averaged copy of the weights; see :meth:`averaged_weights`.

        Args:
            decay: Share kept at each step, in [0, 1); None to stop averaging and forget the copy.
        """
        self._engine.average_weights(decay)

    def averaged_weights(self) -> AbstractContextManager[None]:
        """Put the averaged weights into the model for the length of a `with` block."""
        return self._engine.averaged_weights()

    def explain(self) -> Explanation:
        """Return what a step does and why: buckets, passes, bytes a value, what fell out."""
        self._follow()
        return self._engine.explain()

    def _follow(self) -> None:
        self._view.follow(self.param_groups, {"": self.rule})

    @property
    def hyperparam(self) -> _OfAllGroups:  # type: ignore[override]
        """The hyperparameters of all groups together: ``opt.lr = 0.1`` writes every group."""
        return _OfAllGroups(self.param_groups)


class _OfAllGroups:
    """One value of all groups: reads it where they agree, writes it to all."""

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        self.__dict__["_groups"] = groups

    def __getattr__(self, name: str) -> Any:
        first, *others = (group[name] for group in self._groups)
        if any(other != first for other in others):
            raise AttributeError(
                f"the groups have different values of {name!r}; read them from param_groups."
            )
        return first

    def __setattr__(self, name: str, value: Any) -> None:
        for group in self._groups:
            group[name] = value
