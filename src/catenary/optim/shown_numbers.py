"""The numbers of a state as programs see them: tensors of one element, which they may fill."""

from __future__ import annotations

from typing import Any

import torch

from catenary import changes
from catenary.optim.tensor_param import TensorParam
from catenary.optimizer.update_rule import Clock

__all__ = ["STEP", "ShownNumbers"]

STEP = "step"


class ShownNumbers:
    """Tensors that show numbers of rules, since the last step.

    A rule counts with Python's numbers, so what a program writes into such a tensor in place, as
    torch's resets do (``state["step"].zero_()``), is taken over when the state is read again and
    before the next step. Steps that nobody showed a number to pay nothing.
    """

    def __init__(self) -> None:
        self._held: dict[TensorParam, dict[str, tuple[torch.Tensor, float]]] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._held)

    def show(self, param: TensorParam, state: dict[str, Any]) -> dict[str, Any]:
        """Return a state whose numbers are heard; one that did not change is the same tensor."""
        rule = param.update_rule
        scalars = [declared.key for declared in rule.slots.values() if declared.scalar]
        numbers = {key: state[key] for key in (STEP, *scalars) if key in state}
        if not numbers:
            return state
        held = self._held.get(param, {})
        pairs = {key: (tensor, float(tensor)) for key, tensor in numbers.items()}
        pairs |= {k: held[k] for k in held.keys() & pairs.keys() if held[k][1] == pairs[k][1]}
        self._held[param] = pairs
        return {**state, **{key: tensor for key, (tensor, _) in pairs.items()}}

    def hear(self, param: TensorParam) -> None:
        """Take over what was written into the numbers of a parameter."""
        rule = param.update_rule
        held = self._held.get(param, {})
        written = {key: float(t) for key, (t, seen) in held.items() if float(t) != seen}
        if not written or rule.state is None:
            return
        t = int(written.get(STEP, rule.t))
        keys = {declared.key: name for name, declared in rule.slots.items() if declared.scalar}
        numbers = {keys[key]: value for key, value in written.items() if key in keys}
        rule._clock = Clock(t, {**rule._clock.numbers, **numbers})
        held.update({key: (held[key][0], value) for key, value in written.items()})
        changes.values()

    def hear_all(self) -> None:
        """Take over what was written into any, and show none any more."""
        for param in self._held:
            self.hear(param)
        self._held.clear()
