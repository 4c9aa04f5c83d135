"""Gated recurrent units over sequences."""

from __future__ import annotations

from typing import Any

from catenary.functions.rnn._n_step import run
from catenary.variable import Variable

__all__ = ["n_step_bigru", "n_step_gru"]


def n_step_gru(
    n_layers: int, dropout_ratio: float, hx: Any, ws: Any, bs: Any, xs: Any
) -> tuple[Variable, tuple[Variable, ...]]:
    """Return the last outputs and the outputs of every time step.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Share of values to drop between layers while training.
        hx: First outputs, floating, shape (layers, batch, size).
        ws: For each layer six weights: of the input for r, z and the new output, then of the
            output.
        bs: For each layer six biases in the same order.
        xs: One Variable or array of shape (batch, in) for each time step; batches do not grow.

    Raises:
        ValueError: The inputs and weights do not fit.
    """
    (hy,), ys = run("gru", n_layers, dropout_ratio, (hx,), ws, bs, xs, 1)
    return hy, ys


def n_step_bigru(
    n_layers: int, dropout_ratio: float, hx: Any, ws: Any, bs: Any, xs: Any
) -> tuple[Variable, tuple[Variable, ...]]:
    """Read sequences forward and backward; see :func:`n_step_gru`.

    The state has 2 layers rows, and `ws` and `bs` two entries a layer: forward, then backward.
    """
    (hy,), ys = run("gru", n_layers, dropout_ratio, (hx,), ws, bs, xs, 2)
    return hy, ys
