"""NStepGRU and NStepBiGRU: gated recurrent units over whole sequences."""

from __future__ import annotations

from catenary import functions
from catenary.links.rnn.n_step_rnn import NStepRNNBase, by_torch

__all__ = ["NStepBiGRU", "NStepGRU"]


class NStepGRU(NStepRNNBase):
    """Gated recurrent units over sequences; see :class:`NStepRNNBase`."""

    n_weights = 6
    use_bi_direction = False
    rnn = by_torch("gru", functions.n_step_gru)


class NStepBiGRU(NStepRNNBase):
    """Gated recurrent units that read both ways; see :class:`NStepRNNBase`."""

    n_weights = 6
    use_bi_direction = True
    rnn = by_torch("gru", functions.n_step_bigru)
