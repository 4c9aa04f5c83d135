"""Chains that keep what they computed last."""

from __future__ import annotations

from typing import Any

from catenary.link import Chain
from catenary.variable import Variable

__all__ = ["StatefulChain"]


class StatefulChain(Chain):
    """A chain with a state: Variables that are None before the first step.

    Attributes:
        state_names: Names of the attributes that hold them.
    """

    state_names: tuple[str, ...] = ("c", "h")

    def reset_state(self) -> None:
        """Forget the state."""
        for name in self.state_names:
            setattr(self, name, None)

    def set_state(self, *state: Any) -> None:
        """Set the state, Variables of shape (batch, size), sent to the link's device.

        Raises:
            TypeError: They are no Variables, or too few or too many.
        """
        if len(state) != len(self.state_names) or not all(isinstance(s, Variable) for s in state):
            kinds = ", ".join(type(s).__name__ for s in state)
            raise TypeError(f"the state is Variables {', '.join(self.state_names)}; got {kinds}")
        for name, value in zip(self.state_names, state, strict=True):
            value.to_device(self.device)
            setattr(self, name, value)

    def device_resident_accept(self, visitor: Any) -> None:
        """Send the state along with the parameters."""
        super().device_resident_accept(visitor)
        for name in self.state_names:
            value = getattr(self, name)
            if value is not None:
                visitor.visit_variable(value)

    def _zeros(self, x: Any, size: int) -> Variable:
        return Variable(self.xp.zeros((len(x), size), dtype=x.dtype))
