"""NStepLSTM and NStepBiLSTM: long short-term memory over whole sequences."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.rnn.n_step_rnn import NStepRNNBase, by_torch

__all__ = ["NStepBiLSTM", "NStepLSTM", "NStepLSTMBase"]


class NStepLSTMBase(NStepRNNBase):
    """Long short-term memory of several layers; see :class:`NStepRNNBase` for the arguments."""

    n_weights = 8
    n_cells = 2

    def forward(self, hx: Any, cx: Any, xs: Any) -> Any:  # type: ignore[override]
        """Return the last outputs, the last cells and all outputs.

        Args:
            hx: First outputs, shape (layers · directions, batch, out_size), or None for zeros.
            cx: First cells, of the same shape, or None for zeros.
            xs: List of sequences, Variables or arrays of shape (length_i, in_size).

        Returns:
            (hy, cy, ys): as :meth:`NStepRNNBase.forward`, and the cells.
        """
        (hy, cy), ys = self._call([hx, cx], xs)
        return hy, cy, ys


class NStepLSTM(NStepLSTMBase):
    """Long short-term memory over sequences; see :class:`NStepLSTMBase`."""

    use_bi_direction = False
    rnn = by_torch("lstm", functions.n_step_lstm)


class NStepBiLSTM(NStepLSTMBase):
    """Long short-term memory that reads both ways; see :class:`NStepLSTMBase`."""

    use_bi_direction = True
    rnn = by_torch("lstm", functions.n_step_bilstm)
