"""Networks of recurrent cells over sequences of different lengths, run by torch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.config import config
from catenary.functions._apply import apply_many, floating, reject
from catenary.variable import Variable

__all__ = ["run", "run_sequences"]

_Tensors = Sequence[torch.Tensor]
_Group = tuple[torch.Tensor, ...]
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
    """Return the last states and the outputs of a network over time steps.

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
    _require_width(xs[0].shape[1], ws)
    parts, steps, each = len(states), len(xs), len(ws[0])

    def network(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        first, x = tensors[:parts], tensors[parts : parts + steps]
        groups = _grouped(tensors[parts + steps :], each)
        options = (kind, n_layers, dropout_ratio, directions, groups)
        sizes = [step.shape[0] for step in x]
        if _are_alike(sizes):
            data, last = _layers(*options, first, torch.stack(x))
            return (*last, *data.unbind())
        data, last = _layers(*options, first, torch.cat(x), sizes)
        return (*last, *data.split_with_sizes(sizes))

    made = apply_many(_label(kind), network, *states, *xs, *_flat(ws, bs), check=floating)
    return list(made[:parts]), made[parts:]


def run_sequences(
    kind: str,
    n_layers: int,
    dropout_ratio: float,
    states: Sequence[Any],
    ws: Sequence[Sequence[Any]],
    bs: Sequence[Sequence[Any]],
    xs: Sequence[Any],
    directions: int,
) -> tuple[list[Variable], list[Variable]]:
    """Do what :func:`run` does over whole sequences: `xs` has shapes (length, in), in any order.

    Returns:
        The last states, and one output a sequence, shape (length, size · directions).
    """
    _require_width(xs[0].shape[1], ws)
    parts, batch, each = len(states), len(xs), len(ws[0])

    def network(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = tensors[parts : parts + batch]
        groups = _grouped(tensors[parts + batch :], each)
        options = (kind, n_layers, dropout_ratio, directions, groups)
        lengths = [sequence.shape[0] for sequence in x]
        if _are_alike(lengths):
            y, last = _layers(*options, tensors[:parts], torch.stack(x, 1))
            return (*last, *y.unbind(1))
        steps = _interleaving(tuple(lengths))
        first: _Tensors = tensors[:parts]
        if steps.order is not None:
            first = _taken(steps.order, *first, axis=1)
        (data,) = _taken(steps.places, torch.cat(x))
        y, last = _layers(*options, first, data, steps.sizes)
        (y,) = _taken(steps.back, y)
        if steps.order is not None:
            last = _taken(torch.argsort(steps.order), *last, axis=1)
        return (*last, *y.split_with_sizes(lengths))

    def check(label: str, *tensors: torch.Tensor) -> None:
        floating(label, *tensors)
        if any([state.ndim != 3 or state.shape[1] != batch for state in tensors[:parts]]):  # noqa: C419
            reject(label, f"states (layers, {batch}, size)", *tensors[:parts])

    made = apply_many(_label(kind), network, *states, *xs, *_flat(ws, bs), check=check)
    return list(made[:parts]), list(made[parts:])


def _require_width(width: int, ws: Sequence[Sequence[Any]]) -> None:
    if width != ws[0][0].shape[1]:
        raise ValueError(f"inputs have {width} values, the weights take {ws[0][0].shape[1]}")


def _label(kind: str) -> str:
    return f"NStep{kind.upper()}"


def _flat(ws: Sequence[Sequence[Any]], bs: Sequence[Sequence[Any]]) -> list[Any]:
    return [array for pair in zip(ws, bs, strict=True) for group in pair for array in group]


def _grouped(tensors: _Group, each: int) -> list[_Group]:
    """Return the weights and biases of every layer and direction."""
    return [tensors[i : i + 2 * each] for i in range(0, len(tensors), 2 * each)]


def _are_alike(lengths: Sequence[int]) -> bool:
    return lengths.count(lengths[0]) == len(lengths)


def _taken(places: torch.Tensor, *tensors: torch.Tensor, axis: int = 0) -> list[torch.Tensor]:
    """Return what lies at these places along an axis of each tensor."""
    places = places.to(tensors[0].device)
    return [tensor.index_select(axis, places) for tensor in tensors]


class _Steps(NamedTuple):
    """How sequences, one after the other, become time steps.

    Attributes:
        order: The sequences from the longest to the shortest, None if they are in this order.
        places: Where the rows of the time steps come from.
        back: Where the rows of the sequences go.
        sizes: Lengths of the time steps.
    """

    order: torch.Tensor | None
    places: torch.Tensor
    back: torch.Tensor
    sizes: list[int]


@functools.lru_cache(maxsize=16)
def _lengths(sizes: tuple[int, ...]) -> torch.Tensor:
    return torch.tensor(sizes)


@functools.lru_cache(maxsize=16)
def _interleaving(lengths: tuple[int, ...]) -> _Steps:
    order = numpy.argsort([-length for length in lengths], kind="stable")
    starts = numpy.concatenate(([0], numpy.cumsum(lengths)))[order]
    steps = numpy.arange(max(lengths))[:, None]
    there = steps < numpy.asarray(lengths)[order]
    places = torch.from_numpy((starts + steps)[there])
    in_order = numpy.array_equal(order, numpy.arange(len(order)))
    sorted_order = None if in_order else torch.from_numpy(order)
    return _Steps(sorted_order, places, torch.argsort(places), there.sum(1).tolist())


def _layers(
    kind: str,
    n_layers: int,
    ratio: float,
    directions: int,
    groups: Sequence[_Group],
    states: _Tensors,
    data: torch.Tensor,
    lengths: Sequence[int] | None = None,
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Run all layers over time steps: data of shape (steps, batch, in).

    Steps of different lengths lie one after the other instead, in data of shape (Σ lengths, in).
    """
    sizes = None if lengths is None else _lengths(tuple(lengths))
    turn = _turn(lengths, data.device) if directions > 1 else None
    last: list[list[torch.Tensor]] = [[] for _ in states]
    for layer in range(n_layers):
        outputs = []
        for direction in range(directions):
            index = directions * layer + direction
            x = _dropped(data, ratio) if layer else data
            x = turn(x) if turn and direction else x
            h = [s if s.shape[0] == 1 else s[index : index + 1] for s in states]
            y, *after = _one(kind, x, sizes, h, groups[index])
            outputs.append(turn(y) if turn and direction else y)
            for kept, state in zip(last, after, strict=True):
                kept.append(state)
        data = torch.cat(outputs, -1) if directions > 1 else outputs[0]
    return data, [kept[0] if len(kept) == 1 else torch.cat(kept) for kept in last]


def _one(
    kind: str, x: torch.Tensor, sizes: torch.Tensor | None, h: _Tensors, group: _Group
) -> tuple[torch.Tensor, ...]:
    """Run one layer in one direction."""
    gates = len(group) // 4
    weights = [torch.cat(group[gates * i : gates * (i + 1)]) for i in range(4)]
    state: Any = h if kind == "lstm" else h[0]
    # Without dropout inside, `train` only says whether cuDNN keeps what a backward pass needs.
    options = (state, weights, True, 1, 0.0, torch.is_grad_enabled(), False)
    steps = (x, *options, False) if sizes is None else (x, sizes, *options)
    result: tuple[torch.Tensor, ...] = _KERNELS[kind](*steps)
    return result


def _turn(
    sizes: Sequence[int] | None, device: torch.device
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what makes every sequence run backward, and forward again."""
    if sizes is None:
        return lambda data: data.flip(0)
    places = _reversal(sizes).to(device)
    return lambda data: data.index_select(0, places)


def _reversal(sizes: Sequence[int]) -> torch.Tensor:
    """Return where each place of the packed data lies when every sequence is read backward."""
    starts = numpy.concatenate(([0], numpy.cumsum(sizes)))
    steps, samples = numpy.arange(len(sizes))[:, None], numpy.arange(sizes[0])
    there = samples < numpy.asarray(sizes)[:, None]
    other_end = numpy.maximum(there.sum(0) - 1 - steps, 0)
    return torch.from_numpy((starts[other_end] + samples)[there])


def _dropped(x: torch.Tensor, ratio: float) -> torch.Tensor:
    """Drop as `functions.dropout` does, which draws numbers even where it drops nothing."""
    if not config.train:
        return x
    if not 0.0 <= ratio < 1.0:
        raise ValueError(f"dropout needs a ratio in [0, 1), got {ratio}")
    kept = tensor_of(numpy.random.rand(*x.shape) >= ratio).to(x.device)
    return x * kept / (1 - ratio)
