"""Long short-term memory over sequences."""

from __future__ import annotations

from typing import Any

from catenary.functions.rnn._n_step import run
from catenary.variable import Variable

__all__ = ["n_step_bilstm", "n_step_lstm"]

_Result = tuple[Variable, Variable, tuple[Variable, ...]]


def n_step_lstm(
    n_layers: int, dropout_ratio: float, hx: Any, cx: Any, ws: Any, bs: Any, xs: Any
) -> _Result:
    """Return the last outputs, the last cells, and the outputs of every time step.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Share of values to drop between layers while training.
        hx: First outputs, floating, shape (layers, batch, size).
        cx: First cells, of the same shape.
        ws: For each layer eight weights: of the input for i, f, a and o, then of the output.
        bs: For each layer eight biases in the same order.
        xs: One Variable or array of shape (batch, in) for each time step; batches do not grow.

    Raises:
        ValueError: The inputs and weights do not fit.
    """
    (hy, cy), ys = run("lstm", n_layers, dropout_ratio, (hx, cx), ws, bs, xs, 1)
    return hy, cy, ys


def n_step_bilstm(
    n_layers: int, dropout_ratio: float, hx: Any, cx: Any, ws: Any, bs: Any, xs: Any
) -> _Result:
    """Read sequences forward and backward; see :func:`n_step_lstm`.

    The states have 2 layers rows, and `ws` and `bs` two entries a layer: forward, then backward.
    """
    (hy, cy), ys = run("lstm", n_layers, dropout_ratio, (hx, cx), ws, bs, xs, 2)
    return hy, cy, ys
