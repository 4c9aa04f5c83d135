"""Highway: a layer that learns how much of its input to let through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary import functions
from catenary.link import Chain
from catenary.links.connection.linear import Linear

__all__ = ["Highway"]


class Highway(Chain):
    """Mixture of a layer and its input:  y = t · f(plain(x)) + (1 − t) · x,  t = σ(transform(x)).

    Args:
        in_out_size: Length of input and output.
        nobias: Whether the two layers do without biases.
        activate: f.
        init_Wh: Initializer of the plain layer's weight.
        init_Wt: Initializer of the transform layer's weight.
        init_bh: Initializer of the plain layer's bias.
        init_bt: Initializer of the transform layer's bias.
    """

    def __init__(
        self,
        in_out_size: int,
        nobias: bool = False,
        activate: Callable[[Any], Any] = functions.relu,
        init_Wh: Any = None,
        init_Wt: Any = None,
        init_bh: Any = None,
        init_bt: Any = -1,
    ) -> None:
        super().__init__()
        self.activate = activate
        with self.init_scope():
            self.plain = Linear(in_out_size, in_out_size, nobias, init_Wh, init_bh)
            self.transform = Linear(in_out_size, in_out_size, nobias, init_Wt, init_bt)

    def forward(self, x: Any) -> Any:
        """Return vectors of the shape of `x`, (batch, in_out_size)."""
        share: Any = functions.sigmoid(self.transform(x))
        return self.activate(self.plain(x)) * share + x * (1 - share)
