"""CRF1d: a conditional random field along sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catenary import functions
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["CRF1d"]


class CRF1d(Link):
    """Scores of successive labels, learnt by :func:`~catenary.functions.crf1d`.

    Args:
        n_label: Number of labels.
        initial_cost: Initializer of the scores; 0 by default.

    Attributes:
        cost: Parameter of shape (n_label, n_label).
    """

    def __init__(self, n_label: int, initial_cost: Any = None) -> None:
        super().__init__()
        with self.init_scope():
            initial = 0 if initial_cost is None else initial_cost
            self.cost = Parameter(initial, (n_label, n_label))

    def forward(
        self, xs: Sequence[Any], ys: Sequence[Any], reduce: str = "mean", transpose: bool = False
    ) -> Variable:
        """Return −log p(ys).

        Args:
            xs: Scores of the labels, one array a place of shape (batch, n_label).
            ys: Labels, one int array a place of shape (batch,).
            reduce: ``"mean"`` over the sequences, or ``"no"`` for one loss each.
            transpose: Take one array a sequence instead, of shape (length, n_label) and (length,).
                The losses then come by falling length.
        """
        if transpose:
            order = _by_length(xs)
            xs, ys = (
                functions.transpose_sequence([sequences[i] for i in order])
                for sequences in (xs, ys)
            )
        return functions.crf1d(self.cost, xs, ys, reduce)

    def argmax(self, xs: Sequence[Any], transpose: bool = False) -> tuple[Variable, list[Any]]:
        """Return the scores of the most likely labels, and the labels.

        Args:
            xs: As for :meth:`forward`.
            transpose: As for :meth:`forward`; the labels then are one array a sequence, in the
                order of `xs`, and the scores come by falling length.
        """
        if not transpose:
            return functions.argmax_crf1d(self.cost, xs)
        order = _by_length(xs)
        score, path = functions.argmax_crf1d(
            self.cost, functions.transpose_sequence([xs[i] for i in order])
        )
        labels = [one.array for one in functions.transpose_sequence(path)]
        return score, [labels[order.index(i)] for i in range(len(order))]


def _by_length(xs: Sequence[Any]) -> list[int]:
    """Return the places of sequences by falling length, equal lengths in their order."""
    return sorted(range(len(xs)), key=lambda i: -len(xs[i]))
