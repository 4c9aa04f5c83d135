"""Plain recurrent networks over sequences."""

from __future__ import annotations

from typing import Any

from catenary.functions.rnn._n_step import run
from catenary.variable import Variable

__all__ = ["n_step_birnn", "n_step_rnn"]


def n_step_rnn(
    n_layers: int,
    dropout_ratio: float,
    hx: Any,
    ws: Any,
    bs: Any,
    xs: Any,
    activation: str = "tanh",
) -> tuple[Variable, tuple[Variable, ...]]:
    """Return the last outputs and the outputs of every time step.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Share of values to drop between layers while training.
        hx: First outputs, floating, shape (layers, batch, size).
        ws: For each layer two weights: of the input and of the output.
        bs: For each layer two biases in the same order.
        xs: One Variable or array of shape (batch, in) for each time step; batches do not grow.
        activation: ``"tanh"`` or ``"relu"``.

    Raises:
        ValueError: `activation` is neither, or the inputs and weights do not fit.
    """
    return _run(n_layers, dropout_ratio, hx, ws, bs, xs, activation, 1)


def n_step_birnn(
    n_layers: int,
    dropout_ratio: float,
    hx: Any,
    ws: Any,
    bs: Any,
    xs: Any,
    activation: str = "tanh",
) -> tuple[Variable, tuple[Variable, ...]]:
    """Read sequences forward and backward; see :func:`n_step_rnn`.

    The state has 2 layers rows, and `ws` and `bs` two entries a layer: forward, then backward.
    """
    return _run(n_layers, dropout_ratio, hx, ws, bs, xs, activation, 2)


def _run(
    n_layers: int,
    dropout_ratio: float,
    hx: Any,
    ws: Any,
    bs: Any,
    xs: Any,
    activation: str,
    directions: int,
) -> tuple[Variable, tuple[Variable, ...]]:
    if activation not in ("tanh", "relu"):
        raise ValueError(f"activation must be 'tanh' or 'relu', got {activation!r}")
    (hy,), ys = run(activation, n_layers, dropout_ratio, (hx,), ws, bs, xs, directions)
    return hy, ys
