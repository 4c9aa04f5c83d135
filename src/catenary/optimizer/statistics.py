"""Norms and counts of steps, measured by the pass that updates, for loggers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catenary import changes
from catenary.errors import NotSetUpError
from catenary.expr.node import Node, node, tensor
from catenary.optimizer.late import LearnsLate

__all__ = ["Counts", "KeepsStatistics", "measures"]

GRADIENT, UPDATE, WEIGHT = "grad_norm", "update_norm", "weight_norm"


def measures(gradient: Node, new: Node | None) -> tuple[tuple[str, Node], ...]:
    """Return what the updating pass measures.

    Args:
        gradient: The gradient before hooks, unscaled.
        new: What the parameter becomes; None where its rule runs elsewhere.
    """
    if new is None:
        return ((GRADIENT, gradient),)
    return (
        (GRADIENT, gradient),
        (UPDATE, node("sub", new, tensor("p"))),
        (WEIGHT, new),
    )


@dataclass
class Counts:
    """What happened since an optimizer began to keep statistics.

    Attributes:
        steps: Steps.
        skipped: Steps that updated nothing, since a gradient was not finite.
        clipped: Steps in which a norm exceeded a clipping threshold.
        squares: For each parameter, sums of squares of the last step by name.
    """

    steps: int = 0
    skipped: int = 0
    clipped: int = 0
    squares: dict[str, dict[str, float]] = field(default_factory=dict)

    def note(self, squares: Mapping[str, dict[str, float]], *, clipped: bool) -> None:
        """Take notice of a step that happened."""
        self.steps += 1
        self.clipped += clipped
        self.squares = dict(squares)

    def note_skip(self) -> None:
        """Take notice of a step that updated nothing; what it would have measured is not known."""
        self.steps += 1
        self.skipped += 1
        self.squares = {}

    def as_floats(self, *, each: bool) -> dict[str, float]:
        """Return everything as floats by name."""
        found = _with_ratio(
            {
                name: math.sqrt(
                    math.fsum(own[name] for own in self.squares.values() if name in own)
                )
                for name in (GRADIENT, UPDATE, WEIGHT)
                if self.squares
            }
        )
        found["skipped"] = self.skipped / self.steps if self.steps else 0.0
        found["clipped"] = self.clipped / self.steps if self.steps else 0.0
        for path, own in self.squares.items() if each else ():
            norms = _with_ratio({name: math.sqrt(value) for name, value in own.items()})
            found.update({f"{name}/{path.lstrip('/')}": value for name, value in norms.items()})
        return found


def _with_ratio(norms: dict[str, float]) -> dict[str, float]:
    if norms.get(WEIGHT):
        norms["update_ratio"] = norms[UPDATE] / norms[WEIGHT]
    return norms


class KeepsStatistics(LearnsLate):
    """The part of an optimizer that measures its steps."""

    _counts: Counts | None = None

    def _note_non_finite(self, paths: Sequence[str], t: int, loss_scale: float | None) -> None:
        if paths and self._counts is not None:
            self._counts.note_skip()
        super()._note_non_finite(paths, t, loss_scale)

    def collect_stats(self, on: bool = True) -> None:
        """Measure every step from now on; see :meth:`stats`.

        The updating pass measures while it has the values at hand: it reads no byte more.

        Args:
            on: False to stop and to forget.
        """
        self._counts = (self._counts or Counts()) if on else None
        changes.structure()

    def stats(self, *, each: bool = False) -> dict[str, float]:
        """Return what the last step measured, and shares of all steps since `collect_stats`.

        ``grad_norm`` (without loss scale, and before hooks where they are formulas),
        ``update_norm``, ``weight_norm`` (after the step) and ``update_ratio``, their quotient, go
        over all parameters that the last step updated by formulas, and are absent where it was
        skipped; ``skipped`` and ``clipped`` are shares of steps, the latter of clipping that joined
        the kernel.

        Args:
            each: Also give the norms of each parameter, as ``grad_norm/<name>`` and so on.

        Raises:
            NotSetUpError: Without :meth:`collect_stats`.

        Example:
            >>> import numpy as np
            >>> from catenary import Link, Parameter
            >>> from catenary.optimizers import SGD
            >>> model = Link()
            >>> with model.init_scope():
            ...     model.w = Parameter(np.array([3.0, 0.0], np.float32))
            >>> opt = SGD(lr=0.25).setup(model)
            >>> opt.collect_stats()
            >>> model.w.grad = np.array([0.0, 16.0], np.float32)
            >>> opt.update()
            >>> opt.stats()["grad_norm"], opt.stats()["update_ratio"]
            (16.0, 0.8)
        """
        if self._counts is None:
            raise NotSetUpError(
                "no statistics are kept; call collect_stats() before the steps that are to be "
                "measured."
            )
        self.synchronize()
        return self._counts.as_floats(each=each)
