"""Names that Chainer kept for itself and programs import nonetheless, with its meaning.

`resolving` says which name of Chainer's each of them answers to.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy

from catenary import GradientMethod, link_hook
from catenary import functions as F
from catenary.utils import type_check

__all__ = [
    "IteratorState",
    "check_ndim",
    "default_hyperparam",
    "get_check_index",
    "get_link_hooks",
    "iterator_statemachine",
    "lstm",
    "matmul",
]


@functools.cache
def default_hyperparam(module: str) -> Any:
    """Return the defaults of the optimizers in one of Chainer's modules, as a Hyperparameter.

    Args:
        module: For example ``"chainer.optimizers.adam"``.

    Raises:
        AttributeError: The module defines no optimizer.
    """
    ours = importlib.import_module(f"catenary{module.removeprefix('chainer')}")
    for kind in vars(ours).values():
        own = isinstance(kind, type) and kind.__module__ == ours.__name__
        if own and issubclass(kind, GradientMethod):
            return kind().hyperparam
    raise AttributeError(f"{module} defines no optimizer, so it has no defaults")


def get_link_hooks() -> dict[str, Any]:
    """Return this thread's link hooks by name."""
    return link_hook.thread_hooks()


# ---- functions
def check_ndim(in_type: Any, lower: int = 1, upper: int = 2) -> None:
    """Expect a number of axes between two limits, in `check_type_forward`."""
    type_check.expect(lower <= in_type.ndim, in_type.ndim <= upper)


def get_check_index(trans: bool, right: bool, row_idx: int = 0, col_idx: int = 1) -> int:
    """Return which axis of a matrix is summed over in a product."""
    return row_idx if trans != right else col_idx


def matmul(
    a: Any, b: Any, transa: bool = False, transb: bool = False, transout: bool = False
) -> Any:
    """Return the product of two arrays of matrices, each transposed if asked."""
    if transout:
        a, b, transa, transb = b, a, not transb, not transa
    left, right = (
        x.swapaxes(-1, -2) if transposed and x.ndim > 1 else x
        for x, transposed in ((a, transa), (b, transb))
    )
    return left @ right


def lstm(x: Any, h: Any, c: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """Return the next h and c of one layer of an n-step LSTM, from its eight weights and biases."""
    order = (2, 0, 1, 3)  # F.lstm takes the candidate first, an n-step layer keeps it third

    def stacked(arrays: Any) -> Any:
        # F.lstm takes the four gates of each unit side by side.
        stack = F.stack(arrays, axis=1)
        return F.reshape(stack, (-1, *stack.shape[2:]))

    of_x = F.linear(x, stacked([w[i] for i in order]), stacked([b[i] for i in order]))
    of_h = F.linear(h, stacked([w[i + 4] for i in order]), stacked([b[i + 4] for i in order]))
    c_next, h_next = F.lstm(c, F.add(of_x, of_h))
    return h_next, c_next


# ---- iterators
class IteratorState(NamedTuple):
    """Where an iterator stands."""

    current_position: int
    epoch: int
    is_new_epoch: bool
    order: Any


def iterator_statemachine(
    state: Any,
    batch_size: int,
    repeat: bool,
    order_sampler: Callable[[Any, int], Any],
    dataset_len: int,
) -> tuple[Any, Any]:
    """Return where an iterator stands after a batch, and the indices of the batch.

    Args:
        state: Where it stands before, as four values.
        batch_size: Number of indices.
        repeat: Whether it goes on after the last one; if not, the last batch may be short.
        order_sampler: Returns the next order, from the last one and the position in it.
        dataset_len: Number of examples, where there is no order.

    Returns:
        The state, and an array of indices, None where the data is at its end.

    Raises:
        ValueError: There is nothing to repeat, or an order changes its length.
    """
    position, epoch, _, order = state
    if epoch > 0 and not repeat:
        return state, None
    size = dataset_len if order is None else len(order)
    if repeat and size == 0:
        raise ValueError("an iterator that repeats needs at least one example")
    taken, end, is_new_epoch = [], position + batch_size, False
    while end >= size:
        taken.append(_between(order, position, size))
        if order is not None:
            order = order_sampler(order, position)
            if len(order) != size:
                raise ValueError(f"an order of {size} examples was followed by {len(order)}")
        position, end, epoch, is_new_epoch = 0, end - size, epoch + 1, True
        if not repeat:
            end = 0
            break
    taken.append(_between(order, position, end))
    return IteratorState(end, epoch, is_new_epoch, order), numpy.concatenate(taken)


def _between(order: Any, start: int, stop: int) -> Any:
    return numpy.arange(start, stop, dtype=numpy.intp) if order is None else order[start:stop]
