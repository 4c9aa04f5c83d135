"""NStepRNNTanh and its kin: recurrent networks over whole sequences."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from catenary import functions, initializers
from catenary.functions.rnn._n_step import run_sequences
from catenary.link import ChainList, Link
from catenary.variable import Parameter, Variable

__all__ = [
    "NStepBiRNNReLU",
    "NStepBiRNNTanh",
    "NStepRNNBase",
    "NStepRNNReLU",
    "NStepRNNTanh",
    "by_torch",
]


class NStepRNNBase(ChainList):
    """Weights of a recurrent network of several layers; a child for each layer and direction.

    Args:
        n_layers: Number of layers.
        in_size: Length of an input.
        out_size: Length of a layer's output in one direction.
        dropout: Share of values to drop between layers while training.
        initialW: Initializer of the weights; LeCunNormal by default.
        initial_bias: Initializer of the biases; 0 by default.
    """

    n_weights: int
    use_bi_direction: bool
    n_cells = 1

    def __init__(
        self,
        n_layers: int,
        in_size: int,
        out_size: int,
        dropout: float,
        *,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        self.n_layers = n_layers
        self.dropout = dropout
        self.out_size = out_size
        self.direction = 2 if self.use_bi_direction else 1
        weight = initializers._get_initializer(initialW)
        bias = initializers._get_initializer(0 if initial_bias is None else initial_bias)
        for layer in range(n_layers):
            width = in_size if layer == 0 else out_size * self.direction
            for _ in range(self.direction):
                self.append(self._weights(width, weight, bias))

    def _weights(self, width: int, weight: Any, bias: Any) -> Link:
        child = Link()
        with child.init_scope():
            for i in range(self.n_weights):
                columns = width if i < self.n_weights // 2 else self.out_size
                setattr(child, f"w{i}", Parameter(weight, (self.out_size, columns)))
                setattr(child, f"b{i}", Parameter(bias, self.out_size))
        return child

    @property
    def ws(self) -> list[list[Parameter]]:
        """Weights, a list for each child."""
        return self._parameters("w")

    @property
    def bs(self) -> list[list[Parameter]]:
        """Biases, a list for each child."""
        return self._parameters("b")

    def _parameters(self, kind: str) -> list[list[Parameter]]:
        names = _names(kind, self.n_weights)
        return [[getattr(child, name) for name in names] for child in self]

    def init_hx(self, xs: Any) -> Variable:
        """Return a state of zeros for the sequences `xs`."""
        shape = (self.n_layers * self.direction, len(xs), self.out_size)
        return Variable(self.xp.zeros(shape, dtype=xs[0].dtype))

    def rnn(self, *args: Any) -> Any:
        """Call the function that computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define rnn")

    def forward(self, hx: Any, xs: Any) -> Any:
        """Return the last outputs and all outputs.

        Args:
            hx: First outputs, shape (layers · directions, batch, out_size), or None for zeros.
            xs: List of sequences, Variables or arrays of shape (length_i, in_size).

        Returns:
            (hy, ys): hy of the shape of `hx`; ys a list of Variables of shape
            (length_i, out_size · directions).
        """
        (hy,), ys = self._call([hx], xs)
        return hy, ys

    def _call(self, states: list[Any], xs: Any) -> tuple[list[Any], list[Any]]:
        """Run the network on the sequences."""
        if not isinstance(xs, (list, tuple)):
            raise TypeError(f"xs is a list of sequences, not a {type(xs).__name__}")
        kind = getattr(type(self).rnn, "kind", None)
        if kind is None:
            return self._call_by_steps(states, xs)
        # One array of zeros will do for all: nothing writes to it, and no gradient goes there.
        missing = any([h is None for h in states])  # noqa: C419 - the list is faster
        zeros = self.init_hx(xs).array if missing else None
        first = [zeros if h is None else h for h in states]
        options = (kind, self.n_layers, self.dropout)
        return run_sequences(*options, first, self.ws, self.bs, xs, self.direction)

    def _call_by_steps(self, states: list[Any], xs: Any) -> tuple[list[Any], list[Any]]:
        """Run a program's own `rnn`, which takes time steps, and put all back in order."""
        order = np.argsort([-len(x) for x in xs], kind="stable").astype(np.int32)
        sorted_xs = [xs[i] for i in order]
        first = [
            self.init_hx(sorted_xs) if h is None else functions.permutate(h, order, axis=1)
            for h in states
        ]
        steps = functions.transpose_sequence(sorted_xs)
        *last, ys = self.rnn(self.n_layers, self.dropout, *first, self.ws, self.bs, steps)
        rows = functions.transpose_sequence(ys)
        back = np.argsort(order)
        return (
            [functions.permutate(h, order, axis=1, inv=True) for h in last],
            [rows[i] for i in back],
        )


@functools.cache
def _names(kind: str, count: int) -> tuple[str, ...]:
    return tuple([f"{kind}{i}" for i in range(count)])


def by_torch(kind: str, function: Any, **options: Any) -> Any:
    """Return an `rnn` for networks that torch runs over whole sequences.

    Args:
        kind: What torch calls the cells.
        function: Does the same over time steps, for programs that call `rnn` themselves.
        options: Further arguments of it.
    """

    def rnn(self: Any, *args: Any) -> Any:
        """Call the function that computes over time steps."""
        return function(*args, **options)

    rnn.kind = kind  # type: ignore[attr-defined]
    return rnn


class NStepRNNTanh(NStepRNNBase):
    """Network of tanh units; see :class:`NStepRNNBase`."""

    n_weights = 2
    use_bi_direction = False
    rnn = by_torch("tanh", functions.n_step_rnn, activation="tanh")


class NStepRNNReLU(NStepRNNBase):
    """Network of rectified linear units; see :class:`NStepRNNBase`."""

    n_weights = 2
    use_bi_direction = False
    rnn = by_torch("relu", functions.n_step_rnn, activation="relu")


class NStepBiRNNTanh(NStepRNNBase):
    """Network of tanh units that reads both ways; see :class:`NStepRNNBase`."""

    n_weights = 2
    use_bi_direction = True
    rnn = by_torch("tanh", functions.n_step_birnn, activation="tanh")


class NStepBiRNNReLU(NStepRNNBase):
    """Network of rectified linear units that reads both ways; see :class:`NStepRNNBase`."""

    n_weights = 2
    use_bi_direction = True
    rnn = by_torch("relu", functions.n_step_birnn, activation="relu")
