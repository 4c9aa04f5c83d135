"""NStepGRU and NStepBiGRU: gated recurrent units over whole sequences."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.rnn.n_step_rnn import NStepRNNBase

__all__ = ["NStepBiGRU", "NStepGRU"]


class NStepGRU(NStepRNNBase):
    """Gated recurrent units over sequences; see :class:`NStepRNNBase`."""

    n_weights = 6
    use_bi_direction = False

    def rnn(self, *args: Any) -> Any:
        """Call :func:`catenary.functions.n_step_gru`."""
        return functions.n_step_gru(*args)


class NStepBiGRU(NStepRNNBase):
    """Gated recurrent units that read both ways; see :class:`NStepRNNBase`."""

    n_weights = 6
    use_bi_direction = True

    def rnn(self, *args: Any) -> Any:
        """Call :func:`catenary.functions.n_step_bigru`."""
        return functions.n_step_bigru(*args)
