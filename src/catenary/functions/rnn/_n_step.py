"""Networks of recurrent cells over sequences of different lengths, run by torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.config import config
from catenary.functions._apply import apply_many, floating
from catenary.variable import Variable

__all__ = ["run"]

_Tensors = Sequence[torch.Tensor]
_KERNELS: dict[str, Callable[..., Any]] = {
    "lstm": torch.lstm,
    "gru": torch.gru,
    "tanh": torch.rnn_tanh,
    "relu": torch.rnn_relu,
}


def run(
    kind: str,
    n_layers: int,
    dropout_ratio: float,
    states: Sequence[Any],
    ws: Sequence[Sequence[Any]],
    bs: Sequence[Sequence[Any]],
    xs: Sequence[Any],
    directions: int,
) -> tuple[list[Variable], tuple[Variable, ...]]:
    """Return the last states and the outputs of a network.

    Dropout between layers draws from NumPy's global generator, in Chainer's order.

    Args:
        kind: ``"lstm"``, ``"gru"``, ``"tanh"`` or ``"relu"``.
        n_layers: Number of layers.
        dropout_ratio: Share of values to drop between layers while training.
        states: First states, each of shape (layers · directions, batch, size).
        ws: Weights of each layer and direction: those of the input, then those of the output.
        bs: Biases in the same order.
        xs: One input a time step, shape (batch, in), batches not growing.
        directions: 1, or 2 to read forward and backward.

    Raises:
        ValueError: The inputs and weights do not fit, or the ratio is outside [0, 1).
    """
    if xs[0].shape[1] != ws[0][0].shape[1]:
        raise ValueError(
            f"inputs have {xs[0].shape[1]} values, the weights take {ws[0][0].shape[1]}"
        )
    parts, steps = len(states), len(xs)
    each = len(ws[0])

    def network(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        first, x = tensors[:parts], tensors[parts : parts + steps]
        rest = tensors[parts + steps :]
        groups = [rest[i : i + 2 * each] for i in range(0, len(rest), 2 * each)]
        sizes = [step.shape[0] for step in x]
        data, last = _layers(kind, n_layers, dropout_ratio, first, groups, x, directions)
        return (*last, *torch.split(data, sizes))

    flat = [array for pair in zip(ws, bs, strict=True) for group in pair for array in group]
    made = apply_many(f"NStep{kind.upper()}", network, *states, *xs, *flat, check=floating)
    return list(made[:parts]), made[parts:]


def _layers(
    kind: str,
    n_layers: int,
    ratio: float,
    states: _Tensors,
    groups: Sequence[_Tensors],
    xs: _Tensors,
    directions: int,
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    lengths = [x.shape[0] for x in xs]
    sizes = torch.tensor(lengths)
    backward = _reversal(lengths).to(xs[0].device) if directions > 1 else None
    data = torch.cat(tuple(xs))
    last: list[list[torch.Tensor]] = [[] for _ in states]
    for layer in range(n_layers):
        outputs = []
        for direction in range(directions):
            index = directions * layer + direction
            x = _dropped(data, ratio) if layer else data
            x = x[backward] if direction else x
            h = [state[index : index + 1] for state in states]
            y, *after = _one(kind, x, sizes, h, groups[index])
            outputs.append(y[backward] if direction else y)
            for kept, state in zip(last, after, strict=True):
                kept.append(state)
        data = torch.cat(outputs, 1) if directions > 1 else outputs[0]
    return data, [torch.cat(kept) for kept in last]


def _one(
    kind: str, x: torch.Tensor, sizes: torch.Tensor, h: _Tensors, group: _Tensors
) -> tuple[torch.Tensor, ...]:
    """Run one layer in one direction."""
    gates = len(group) // 4
    weights = [torch.cat(tuple(group[gates * i : gates * (i + 1)])) for i in range(4)]
    state: Any = h if kind == "lstm" else h[0]
    result: tuple[torch.Tensor, ...] = _KERNELS[kind](
        x, sizes, state, weights, True, 1, 0.0, False, False
    )
    return result


def _reversal(sizes: Sequence[int]) -> torch.Tensor:
    """Return where each place of the packed data lies when every sequence is read backward."""
    starts = numpy.concatenate(([0], numpy.cumsum(sizes)))[:-1]
    lengths = [sum(size > sample for size in sizes) for sample in range(sizes[0])]
    places = [
        starts[lengths[sample] - 1 - step] + sample
        for step, size in enumerate(sizes)
        for sample in range(size)
    ]
    return torch.tensor(places)


def _dropped(x: torch.Tensor, ratio: float) -> torch.Tensor:
    """Drop as `functions.dropout` does, which draws numbers even where it drops nothing."""
    if not config.train:
        return x
    if not 0.0 <= ratio < 1.0:
        raise ValueError(f"dropout needs a ratio in [0, 1), got {ratio}")
    kept = tensor_of(numpy.random.rand(*x.shape) >= ratio).to(x.device)
    return x * kept / (1 - ratio)
