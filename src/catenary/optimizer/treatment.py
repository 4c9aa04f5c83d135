"""What a selection does to the rules of its parameters."""

from __future__ import annotations

from typing import Any

from catenary.errors import WrongWordError
from catenary.optimizer.hookable import Hook
from catenary.optimizer.selection import rule_class
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["Treatment", "hook_rules"]

Chosen = list[tuple[str, Any]]


class Treatment:
    """The owner of selections whose parameters have rules of their own."""

    def _set_words(self, chosen: Chosen, words: dict[str, Any]) -> None:
        rules = [param.update_rule for _, param in chosen if param.update_rule is not None]
        for rule in rules:
            _check_words(type(rule), rule.hyperparam.get_dict(), words)
        for rule in rules:
            for name, value in words.items():
                setattr(rule.hyperparam, name, value)

    def _hook_each(self, chosen: Chosen, hook: Hook, name: str | None) -> None:
        hook_rules([param.update_rule for _, param in chosen], hook, name)

    def _freeze(self, chosen: Chosen, *, frozen: bool) -> None:
        for _, param in chosen:
            param.update_rule.enabled = not frozen

    def _use_rule(self, chosen: Chosen, rule: Any, words: dict[str, Any]) -> None:
        kind = rule_class(
            rule,
            UpdateRule,
            "an optimizer's class that has one, such as optimizers.SGD, or a rule's class.",
        )
        made = [kind(**words) for _ in chosen]
        for (_, param), own in zip(chosen, made, strict=True):
            if param.update_rule is not None:
                own.use_storage(param.update_rule._storage)
            param.update_rule = own


def hook_rules(rules: list[Any], hook: Hook, name: str | None) -> None:
    """Register a hook at all rules, or at none.

    Raises:
        HookError: If it has no name, or one of the rules has a hook of that name.
    """
    done: list[Any] = []
    try:
        for rule in rules:
            rule.add_hook(hook, name)
            done.append(rule)
    except BaseException:
        for rule in done:
            rule.remove_hook(name or getattr(hook, "name", None) or hook.__name__)
        raise


def _check_words(rule: type, known: dict[str, Any], words: dict[str, Any]) -> None:
    specs = getattr(rule, "specs", {})
    for name, value in words.items():
        if name in specs:
            specs[name].check(specs[name].accept(value))
        elif name not in known:
            raise WrongWordError(
                f"{rule.__name__} got {name}={value!r}; its hyperparameters are: "
                f"{', '.join({**specs, **known})}."
            )
