"""What the machinery sees of a torch optimizer: its tensors with their rules, and its groups."""

from __future__ import annotations

import contextlib
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from catenary.errors import CatenaryError, MissingWordError
from catenary.optim.shown_numbers import ShownNumbers
from catenary.optim.tensor_param import TensorParam
from catenary.optim.words import check_storage
from catenary.optimizer import Hyperparameter
from catenary.optimizer.declared_rule import DeclaredRule
from catenary.optimizer.spec import REQUIRED
from catenary.optimizer.torch_target import TorchTarget

__all__ = ["ParamGroups", "RuleOf"]


_NO_PARTS = contextlib.nullcontext()


def _param_of(tensor: torch.Tensor, name: str) -> TensorParam:
    # Who has a DTensor has imported its module, which not every build of torch can.
    spread = sys.modules.get("torch.distributed.tensor")
    if spread is None or not isinstance(tensor, spread.DTensor):
        return TensorParam(tensor, name)
    from catenary.optim.sharded import ShardedParam

    return ShardedParam(tensor, name)


class _Group:
    """One dictionary of ``param_groups`` and the hyperparameters that it stands for.

    Attributes:
        words: The dictionary.
        params: Its list of tensors as it was when rules were given out.
        rule: The rule's class.
        hyperparam: What the rules of the group inherit.
        storage: How their parameters are kept; None before anybody looked.
    """

    def __init__(self, words: dict[str, Any], rule: type[DeclaredRule]) -> None:
        self.words = words
        self.params = words["params"]
        self._tensors = list(self.params)
        self.rule = rule
        self.hyperparam = Hyperparameter(declared=rule.specs)
        self._trial = Hyperparameter(declared=rule.specs)
        self._trial_rule = rule(self._trial)
        self._names = tuple(rule.specs)
        self._seen: list[Any] | None = None
        self.storage: Any = None

    def is_current(self, words: Mapping[str, Any], rule: type[DeclaredRule]) -> bool:
        """Whether the program left the dictionary, its rule and its tensors as they were."""
        params = words["params"]
        same = words is self.words and rule is self.rule and params is self.params
        same = same and len(params) == len(self._tensors)
        return same and all(map(operator.is_, params, self._tensors))

    def read(self, place: int) -> None:
        """Take over the hyperparameters that the program wrote.

        Raises:
            HyperparameterError: If one is no number or lies outside its range; none is taken then.
            MissingWordError: If one is not there.
        """
        words = self.words
        try:
            given = [words[name] for name in self._names]
        except KeyError as error:
            raise self._missing(place, error.args[0]) from None
        if given == self._seen:
            return
        try:
            for name, value in zip(self._names, given, strict=True):
                setattr(self._trial, name, value)
            self._trial_rule.check_hyperparameters()
        except CatenaryError as error:
            error.args = (f"param_groups[{place}]: {error.args[0]}", *error.args[1:])
            raise
        for name, value in self._trial.own().items():
            if self.hyperparam.own().get(name) != value:
                setattr(self.hyperparam, name, value)
        # A tensor may be written in place, which shows in no comparison.
        parts = [part for v in given for part in (v if isinstance(v, (tuple, list)) else (v,))]
        self._seen = None if any(isinstance(v, torch.Tensor) for v in parts) else given

    def _missing(self, place: int, name: str) -> MissingWordError:
        default = self.rule.specs[name].default
        value = "..." if default is REQUIRED else repr(default)
        return MissingWordError(
            f"param_groups[{place}] has no {name!r}, which {self.rule.__name__} needs. Write "
            f"optimizer.param_groups[{place}][{name!r}] = {value}; a new group gets what it does "
            f"not name from optimizer.add_param_group."
        )


RuleOf = Callable[[Mapping[str, Any]], type[DeclaredRule]]


class ParamGroups(TorchTarget):
    """The tensors of ``param_groups``, each with its rule.

    Groups belong to the program, which writes into them, replaces their lists and appends to them;
    nobody announces it, so :meth:`follow` looks at every step.

    Attributes:
        shown: Numbers of states that a program holds as tensors.
    """

    def __init__(self, module: torch.nn.Module | None) -> None:
        super().__init__(module)
        self.shown = ShownNumbers()
        self._groups: list[_Group] = []
        self._params: dict[torch.Tensor, TensorParam] = {}
        self._sharded: list[Any] = []

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, TensorParam]]:
        """Yield (name, parameter) in the order of the groups."""
        for param in self._params.values():
            if include_uninit or param.is_initialized:
                yield param.name, param

    def of(self, tensor: torch.Tensor) -> TensorParam | None:
        """Return what stands for a tensor; None if no group holds it."""
        return self._params.get(tensor)

    def follow(self, groups: list[dict[str, Any]], rule_of: RuleOf) -> None:
        """Take notice of what the program did to the groups.

        Args:
            groups: ``param_groups``.
            rule_of: Returns the class of the rule that updates a group.

        Raises:
            HyperparameterError: If a value is no number or lies outside its range.
            MissingWordError: If a group lacks one.
        """
        if self.shown:
            self.shown.hear_all()
        held = self._groups
        if len(groups) != len(held):
            self._regroup(groups, rule_of)
        for known, words in zip(held, groups, strict=False):
            if not known.is_current(words, rule_of(words)):
                self._regroup(groups, rule_of)
                break
        for place, group in enumerate(self._groups):
            group.read(place)
            if group.words.get("storage", "plain") != group.storage:
                self._store(place, group)

    def _store(self, place: int, group: _Group) -> None:
        """Let the rules of a group keep their parameters as the program wrote."""
        kind = group.words.get("storage", "plain")
        try:
            check_storage(kind, group.params)
        except CatenaryError as error:
            error.args = (f"param_groups[{place}]: {error.args[0]}", *error.args[1:])
            raise
        for tensor in group.params:
            rule = self._params[tensor].update_rule
            if rule._storage != kind:
                rule.use_storage(kind)
        group.storage = kind

    def _regroup(self, groups: list[dict[str, Any]], rule_of: RuleOf) -> None:
        known = self._params
        self._groups = [_Group(words, rule_of(words)) for words in groups]
        self._params = {}
        for group in self._groups:
            names = group.words.get("param_names")
            for i, tensor in enumerate(group.params):
                name = str(len(self._params)) if names is None else names[i]
                param = known.get(tensor) or _param_of(tensor, name)
                param.name = name
                self._params[tensor] = param
                self._give_rule(param, group)
        self._sharded = [p for p in self._params.values() if p.sharding is not None]

    def gradients(self) -> contextlib.AbstractContextManager[None]:
        """Let parts of tensors have parts of the gradients for the length of a `with` block."""
        return self._parts_of_gradients() if self._sharded else _NO_PARTS

    @contextlib.contextmanager
    def _parts_of_gradients(self) -> Iterator[None]:
        try:
            for param in self._sharded:
                param.take_gradient()
            yield
        finally:
            for param in self._sharded:
                param.forget_gradient()

    def loss_scales(self, params: Sequence[Any]) -> set[float | None]:
        """Return {None}: who scales losses in torch unscales gradients before the step."""
        return {None}

    def tensors_within(self, kinds: Any) -> set[int]:
        """Return the ids of the tensors that lie in modules of some classes."""
        inside = super().tensors_within(kinds)
        return inside | {id(p.tensor) for p in self._sharded if id(p.leaf) in inside}

    def written(self, changed: Sequence[torch.Tensor]) -> None:
        """Tell autograd that tensors changed, and those that they are parts of."""
        if not self._sharded:
            super().written(changed)
            return
        super().written(changed)
        if self._sharded:
            leaves = {id(param.tensor): param.leaf for param in self._sharded}
            super().written([leaves[id(part)] for part in changed if id(part) in leaves])

    @staticmethod
    def _give_rule(param: TensorParam, group: _Group) -> None:
        if type(param.update_rule) is group.rule:
            param.update_rule.hyperparam = Hyperparameter(group.hyperparam, group.rule.specs)
        else:
            param.update_rule = group.rule(group.hyperparam)
