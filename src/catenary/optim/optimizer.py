"""torch.optim's face over the machinery."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch._C._autograd import _profiler_enabled
from torch._C._dynamo.eval_frame import get_eval_frame_callback
from torch.optim.optimizer import _global_optimizer_post_hooks as _GLOBAL_POST_HOOKS
from torch.optim.optimizer import _global_optimizer_pre_hooks as _GLOBAL_PRE_HOOKS

from catenary.errors import HyperparameterError, StateError, WrongWordError
from catenary.optim.beyond import Beyond
from catenary.optim.checkpoint import Loading, LoadReport
from catenary.optim.engine import Engine
from catenary.optim.grouping import complete, restoring
from catenary.optim.param_groups import ParamGroups
from catenary.optim.state import StateView, as_float32, as_tensors, portable, write_state
from catenary.optim.treatment import built_in_rules, freeze
from catenary.optim.words import (
    check_storage,
    check_values,
    check_words,
    plain_names,
    unknown_word,
)
from catenary.optimizer import Hyper, hyper
from catenary.optimizer.declare import make_init
from catenary.optimizer.declared_rule import DeclaredRule
from catenary.optimizer.keeping import Kind
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

_ACCEPTED = {
    "foreach": None, "capturable": False, "differentiable": False, "fused": None,
    "storage": "plain",
}  # fmt: skip
"""torch's words that choose among its implementations, of which there is one here, and ours for
16-bit parameters.
"""


class Optimizer(Beyond, Hyper, torch.optim.Optimizer):
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
        storage: How float16 and bfloat16 parameters are kept, which 32 bits and more are not asked;
            a word of groups too. ``"plain"``: rounded to the nearest number, as in torch.
            ``"master"``: a float32 copy beside each. ``"kahan"``: what rounding left, in 16 bits
            beside each. ``"stochastic"``: they and their states rounded up or down by chance;
            bfloat16 only.

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

    rule: ClassVar[type[DeclaredRule]]

    if TYPE_CHECKING:
        params: Params = hyper()
        foreach: bool | None = hyper(default=None, kw_only=True)
        capturable: bool = hyper(default=False, kw_only=True)
        differentiable: bool = hyper(default=False, kw_only=True)
        fused: bool | None = hyper(default=None, kw_only=True)
        storage: Kind = hyper(default="plain", kw_only=True)

    def __init_subclass__(cls, **options: Any) -> None:
        # The declarations of a rule are the optimizer's too.
        for name, spec in vars(cls).get("rule", DeclaredRule).specs.items():
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
        if hasattr(params, "namedparams"):
            raise TypeError(
                f"{type(self).__name__} of catenary.optim updates torch's tensors, and got a "
                f"{type(params).__name__}, a Link. For Links there is catenary.optimizers: "
                f"Adam().setup(link)."
            )
        self._module = params if isinstance(params, torch.nn.Module) else None
        self._view = ParamGroups(self._module)
        self._engine = Engine(type(self).__name__)
        self._rules: dict[str, type[DeclaredRule]] = {}
        # Groups are torch's own then, and torch's distributed checkpoints fit.
        kind: Any = type(self)
        for word in {"storage", *_foreign_to_torch(kind)}:
            if word in words and words[word] == _ACCEPTED[word]:
                del words[word]
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
        if get_eval_frame_callback() is not None:  # called by what torch.compile made
            return _uncompiled_step()(self, closure)
        watched = self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks
        if watched or _GLOBAL_PRE_HOOKS or _GLOBAL_POST_HOOKS or _profiler_enabled():
            return _watched_step(self, closure)
        return self._step(closure)

    # torch wraps what is not marked so, and opens a profiler's region at every step.
    step.hooked = True  # type: ignore[attr-defined]
    # Nor has torch.compile anything to gain in here: the kernels are compiled already.
    step._torchdynamo_disable = True  # type: ignore[attr-defined]

    def _step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self._follow()
        with self._view.gradients():
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

    def state_dict(self) -> dict[str, Any]:
        """Return the state by parameter and the groups, as torch's optimizers do.

        Where the optimizer was made from a module or from ``named_parameters()`` it has the names
        too. The arrays are the optimizer's own memory, as in torch.
        """
        found = super().state_dict()
        found["state"] = {key: dict(state) for key, state in found["state"].items()}
        return found

    def load_state_dict(  # type: ignore[override]
        self, state_dict: Mapping[str, Any], *, strict: bool = True, keep: Iterable[str] = ()
    ) -> LoadReport:
        """Take over a checkpoint of this class or of torch's.

        Parameters are matched by name where both sides have names, otherwise by order; shapes are
        checked; nothing is cast. With names, the groups become the checkpoint's.

        Args:
            state_dict: What ``state_dict()`` returned, here or in torch.
            strict: Whether anything that does not fit is an error; otherwise it is passed over.
            keep: Hyperparameters that stay as they are here, such as ``("lr",)``.

        Returns:
            What did not fit; false if everything did.

        Raises:
            StateError: If the checkpoint does not fit; nothing was changed.
            TypeError: If it is no dictionary.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict takes what state_dict() returned, not a "
                f"{type(state_dict).__name__}. Is it a file's name? Then "
                f"load_state_dict(torch.load(name))."
            )
        state_dict = dict(state_dict)
        for pre_hook in self._optimizer_load_state_dict_pre_hooks.values():
            state_dict = pre_hook(self, state_dict) or state_dict
        self._follow()
        loading = Loading(self._view, self.param_groups, state_dict, self._rule_of)
        if strict and loading.report:
            raise StateError(
                f"the checkpoint does not fit this {type(self).__name__}; load_state_dict(..., "
                f"strict=False) takes what fits:\n{loading.report}"
            )
        loading.keep(keep, self.param_groups)
        loading.keep_storage(self.param_groups)
        loading.check_words(self._rule_of)
        for group in loading.groups:
            # Checkpoints of older versions, torch's too, do not know the newer words.
            complete(group, self._rule_of(group))
        with restoring(self.param_groups):
            self.param_groups[:] = loading.groups
            self._follow()
        for group in self.param_groups:
            if "frozen" in group:
                freeze(group, frozen=group["frozen"])
        for param, values in loading.states():
            write_state(param, values)
        self._engine.t = max((p.update_rule.t for _, p in self._view.namedparams()), default=0)
        for post_hook in self._optimizer_load_state_dict_post_hooks.values():
            post_hook(self)
        return loading.report

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors with hyperparameters of their own.

        Args:
            param_group: ``{"params": tensors or (name, tensor) pairs, ...}``; what it does not name
                has the optimizer's value.

        Raises:
            WrongWordError: If a word is Chainer's, or looks like a misspelled one of ours.
            HyperparameterError: If a value is no number or lies outside its range.
        """
        if isinstance(param_group, dict):
            check_words(type(self), param_group)
        with restoring(self.param_groups):
            super().add_param_group(param_group)
            added = self.param_groups[-1]
            complete(added, self._rule_of(added))
            if "param_names" in added:
                added["param_names"] = plain_names(added["param_names"], self._module)
            check_storage(added.get("storage", "plain"), added["params"])
            specs = self._rule_of(added).specs
            check_values(self._rule_of(added), {n: added[n] for n in specs if n in added})

    def float32_state_dict(self) -> dict[str, Any]:
        """Return the state as one of float32 parameters has it, which torch's own class loads.

        It belongs to :meth:`float32_weights`: states in float32, nothing beside parameters, no
        ``storage``.
        """
        found = self.state_dict()
        tensors = [tensor for group in self.param_groups for tensor in group["params"]]
        for place, state in found["state"].items():
            param = self._view.of(tensors[place])
            found["state"][place] = as_float32(state, param.update_rule)  # type: ignore[union-attr]
        for group in found["param_groups"]:
            group.pop("storage", None)
        return found

    @property  # type: ignore[override]
    def state(self) -> StateView:
        """The state of each tensor in torch's names; written entries are heard."""
        self.synchronize()
        return StateView(self._view)

    @state.setter
    def state(self, states: Mapping[torch.Tensor, dict[str, Any]]) -> None:
        view = self.state
        view.clear()
        view.update(states)

    def __getstate__(self) -> dict[str, Any]:
        held = super().__getstate__()
        states = {tensor: portable(state) for tensor, state in self.state.items()}
        hooks = {p.leaf: p.update_rule._hookable for _, p in self._view.namedparams()}
        engine = (self._engine.t, self._engine.settings())
        return {**held, "state": states, "hooks": hooks, "engine": engine, "_rules": self._rules}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        states, hooks, (t, settings) = map(state.pop, ("state", "hooks", "engine"))
        self.__dict__.setdefault("_module", None)
        self._view = ParamGroups(self._module)
        self._engine = Engine(type(self).__name__)
        super().__setstate__(state)
        for group in self.param_groups:
            complete(group, self._rule_of(group))
        self._follow()
        self._engine.setup(self._view)
        self._engine.t = t
        for tensor, hookable in hooks.items():
            self._view.of(tensor).update_rule._hookable = hookable  # type: ignore[union-attr]
        self._engine.take_settings(settings)
        self.state = {tensor: as_tensors(state) for tensor, state in states.items()}

    def _rule_of(self, group: Mapping[str, Any]) -> type[DeclaredRule]:
        """Return the rule that a group names, or the optimizer's own.

        Raises:
            StateError: If nobody here knows the name.
        """
        name = group.get("rule")
        if name is None:
            return self.rule
        found = self._rules.get(name) or built_in_rules().get(name)
        if found is None:
            raise StateError(
                f"a group is updated by {name}, which this optimizer has not met; call "
                f"select(...).use(...) with it before loading."
            )
        return found

    def _follow(self) -> None:
        self._view.follow(self.param_groups, self._rule_of)


@functools.cache
def _foreign_to_torch(kind: Any) -> frozenset[str]:
    """Return the words that torch's optimizer of the same name does not have."""
    names = [each.__name__ for each in kind.__mro__ if "rule" in vars(each)]
    theirs = next((vars(torch.optim)[name] for name in names if name in vars(torch.optim)), None)
    if theirs is None:
        return frozenset()
    return frozenset(_ACCEPTED.keys() - inspect.signature(theirs).parameters.keys())


_watched_step = torch.optim.Optimizer.profile_hook_step(Optimizer._step)


@functools.cache
def _uncompiled_step() -> Callable[..., Any]:
    disable: Any = torch.compiler.disable
    return disable(_watched_step)  # type: ignore[no-any-return]
