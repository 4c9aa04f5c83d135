"""The machinery's side of a torch optimizer."""

from __future__ import annotations

from catenary.optim.param_groups import ParamGroups
from catenary.optimizer import GradientMethod, Optimizer

__all__ = ["Engine"]


class Engine(GradientMethod):
    """The machinery's side of a torch optimizer; its target gives parameters their rules."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def setup(self, link: ParamGroups) -> Engine:
        """Take the groups as target and keep the rules that they gave out."""
        Optimizer.setup(self, link)
        return self
