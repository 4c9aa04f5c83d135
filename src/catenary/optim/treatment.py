"""What a selection does to the groups of a torch optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.errors import StateError
from catenary.optim.grouping import give_rule, restoring, split
from catenary.optim.tensor_param import TensorParam
from catenary.optim.words import check_storage, check_values
from catenary.optimizer.declared_rule import DeclaredRule
from catenary.optimizer.selection import rule_class
from catenary.optimizer.treatment import hook_rules

__all__ = ["Treatment", "built_in_rules", "freeze"]

Chosen = list[tuple[str, TensorParam]]


class Treatment:
    """The owner of a torch optimizer's selections: each gets groups of its own.

    Args:
        optimizer: The optimizer.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer

    def _split(self, chosen: Chosen) -> list[dict[str, Any]]:
        return split(self._optimizer.param_groups, [param.leaf for _, param in chosen])

    def _set_words(self, chosen: Chosen, words: dict[str, Any]) -> None:
        check_storage(words.get("storage", "plain"), [param.tensor for _, param in chosen])
        of_rules = {word: value for word, value in words.items() if word != "storage"}
        for rule in {type(param.update_rule) for _, param in chosen}:
            check_values(rule, of_rules)
        with restoring(self._optimizer.param_groups):
            for group in self._split(chosen):
                group.update(words)
            self._optimizer._follow()

    def _hook_each(self, chosen: Chosen, hook: Callable[..., Any], name: str | None) -> None:
        hook_rules([param.update_rule for _, param in chosen], hook, name)

    def _freeze(self, chosen: Chosen, *, frozen: bool) -> None:
        for group in self._split(chosen):
            group["frozen"] = frozen
            freeze(group, frozen=frozen)
        self._optimizer._follow()

    def _use_rule(self, chosen: Chosen, rule: Any, words: dict[str, Any]) -> None:
        kind = rule_class(
            rule,
            DeclaredRule,
            "an optimizer of catenary.optim, such as optim.SGD, or a rule of your own: a class "
            "made from FormulaRule or MatrixRule.",
        )
        check_name(kind)
        check_values(kind, words)
        self._optimizer._rules[kind.__name__] = kind
        with restoring(self._optimizer.param_groups):
            for group in self._split(chosen):
                give_rule(group, self._optimizer._rule_of(group), kind, words)
            self._optimizer._follow()


def freeze(group: dict[str, Any], *, frozen: bool) -> None:
    """Let a group's tensors rest, so that autograd passes them by too, or move again."""
    for tensor in group["params"]:
        tensor.requires_grad_(not frozen)
        if frozen:
            tensor.grad = None


def built_in_rules() -> dict[str, type[DeclaredRule]]:
    """Return the rules of this room by name."""
    from catenary import optim

    rules = [getattr(getattr(optim, name), "rule", None) for name in optim.__all__]
    return {rule.__name__: rule for rule in rules if rule is not None}


def check_name(rule: type[DeclaredRule]) -> None:
    """Raise if a rule is called as another of this room: a checkpoint holds the name alone.

    Raises:
        StateError: With both.
    """
    held = built_in_rules().get(rule.__name__, rule)
    if held is not rule:
        raise StateError(
            f"{rule.__module__}.{rule.__name__} is called as {held.__module__}.{held.__name__} is, "
            f"and a checkpoint holds only the name. Is it Chainer's, whose words and formulas are "
            f"others? Take catenary.optim's, or give your own another name."
        )
