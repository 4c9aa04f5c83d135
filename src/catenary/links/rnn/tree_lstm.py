"""ChildSumTreeLSTM and NaryTreeLSTM: long short-term memory at the nodes of a tree."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Chain
from catenary.links.connection.linear import Linear
from catenary.variable import Variable

__all__ = ["ChildSumTreeLSTM", "NaryTreeLSTM"]


class _TreeLSTM(Chain):
    """What both kinds share: missing states and inputs count as zeros."""

    in_size: int
    state_size: int

    def _split(self, states: tuple[Any, ...]) -> tuple[list[Any], list[Any], Any]:
        """Return cells, outputs and input of a call.

        Raises:
            ValueError: There is nothing but None.
        """
        half, x = len(states) // 2, states[-1]
        known = [state for state in states if state is not None]
        if not known:
            raise ValueError("cells, outputs and input are all None; one is needed for the batch")
        if x is None:
            x = self.xp.zeros((len(known[0]), self.in_size), dtype=known[0].dtype)
        return list(states[:half]), list(states[half:-1]), x

    def _filled(self, states: list[Any], x: Any) -> list[Any]:
        zeros = self.xp.zeros((len(x), self.state_size), dtype=x.dtype)
        return [zeros if state is None else state for state in states]


class ChildSumTreeLSTM(_TreeLSTM):
    """Long short-term memory at a node with any number of children, in any order.

    Args:
        in_size: Length of an input.
        out_size: Length of cells and outputs.

    Attributes:
        W_x: Linear of the input to a, i, o and f.
        W_h_aio: Linear of the sum of the children's outputs to a, i and o, without bias.
        W_h_f: Linear of each child's output to its f, without bias.

    Source: Tai et al., "Improved Semantic Representations From Tree-Structured Long Short-Term
    Memory Networks" (2015).
    """

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__()
        self.in_size = in_size
        self.state_size = out_size
        with self.init_scope():
            self.W_x = Linear(in_size, 4 * out_size)
            self.W_h_aio = Linear(out_size, 3 * out_size, nobias=True)
            self.W_h_f = Linear(out_size, out_size, nobias=True)

    def forward(self, *cshsx: Any) -> tuple[Variable, Variable]:
        """Return cell and output of a node, shape (batch, out_size).

        Args:
            cshsx: The children's cells, then their outputs, then the input; None for zeros.

        Raises:
            TypeError: There are not as many outputs as cells.
            ValueError: All are None.
        """
        if len(cshsx) % 2 == 0:
            raise TypeError(f"cells, as many outputs and one input are needed, got {len(cshsx)}")
        cs, hs, x = self._split(cshsx)
        parts: Any = functions.split_axis(self.W_x(x), [3 * self.state_size], 1)
        above, forget = parts
        if not hs:
            gates: Any = functions.split_axis(above, 3, 1)
            a, i, o = gates
            c: Any = functions.sigmoid(i)
            c = c * functions.tanh(a)
            h: Any = functions.sigmoid(o)
            return c, h * functions.tanh(c)
        cs, hs = self._filled(cs, x), self._filled(hs, x)
        total = hs[0]
        for h in hs[1:]:
            total = total + h
        gates = [functions.add(self.W_h_aio(total), above)]
        gates += [functions.add(self.W_h_f(h), forget) for h in hs]
        return functions.tree_lstm(*cs, functions.concat(gates, 1))


class NaryTreeLSTM(_TreeLSTM):
    """Long short-term memory at a node with a fixed number of children, in their order.

    Args:
        in_size: Length of an input.
        out_size: Length of cells and outputs.
        n_ary: Number of children, at least 1.

    Attributes:
        W_x: Linear of the input to a, i, o, f₁, ..., f_N.
        W_h1, ..., W_hN: Linear of each child's output to the same, without bias.

    Source: Bowman et al., "A Fast Unified Model for Parsing and Sentence Understanding" (2016).
    """

    def __init__(self, in_size: int, out_size: int, n_ary: int = 2) -> None:
        super().__init__()
        if n_ary < 1:
            raise ValueError(f"n_ary must be at least 1, got {n_ary}")
        self.in_size = in_size
        self.state_size = out_size
        self.n_ary = n_ary
        with self.init_scope():
            self.W_x = Linear(in_size, (3 + n_ary) * out_size)
            for child in range(1, n_ary + 1):
                lateral = Linear(out_size, (3 + n_ary) * out_size, nobias=True)
                setattr(self, f"W_h{child}", lateral)

    def forward(self, *cshsx: Any) -> tuple[Variable, Variable]:
        """Return cell and output of a node, shape (batch, out_size).

        Args:
            cshsx: The children's cells, then their outputs, then the input; None for zeros.

        Raises:
            TypeError: There are not n_ary cells and outputs.
            ValueError: All are None.
        """
        if len(cshsx) != 2 * self.n_ary + 1:
            raise TypeError(
                f"{self.n_ary} cells, as many outputs and one input are needed, got {len(cshsx)}"
            )
        cs, hs, x = self._split(cshsx)
        gates: Any = self.W_x(x)
        for child, h in enumerate(hs, start=1):
            if h is not None:
                gates = gates + getattr(self, f"W_h{child}")(h)
        return functions.tree_lstm(*self._filled(cs, x), gates)
