"""The machinery's side of a torch optimizer."""

from __future__ import annotations

from typing import Any

from catenary import changes
from catenary.optim.param_groups import ParamGroups
from catenary.optimizer import GradientMethod, Optimizer

__all__ = ["Engine"]


# What programs switch on beside the rules, by the attribute that holds it.
_SETTINGS = ("_hookable", "_average_decay", "_non_finite_", "_clears", "_counts")


class Engine(GradientMethod):
    """The machinery's side of a torch optimizer; its target gives parameters their rules."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def setup(self, link: ParamGroups) -> Engine:
        """Take the groups as target and keep the rules that they gave out."""
        Optimizer.setup(self, link)
        return self

    def settings(self) -> dict[str, Any]:
        """Return hooks, averaging and the like, for a copy of the optimizer."""
        return {name: vars(self)[name] for name in _SETTINGS if name in vars(self)}

    def take_settings(self, settings: dict[str, Any]) -> None:
        """Take over what :meth:`settings` returned."""
        vars(self).update(settings)
        changes.structure()
