"""An averaged copy of the weights, kept by the same pass that updates them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from catenary import changes
from catenary.errors import NotSetUpError
from catenary.expr import Formula
from catenary.expr.node import Node, const, hyper, node, tensor
from catenary.optimizer.alone import run_alone
from catenary.optimizer.keeping import exact_value
from catenary.optimizer.optimizer import Optimizer
from catenary.optimizer.spec import Spec
from catenary.optimizer.target import Target

__all__ = [
    "AVERAGE", "DECAY", "AveragesWeights", "average_alone", "averaged", "start_average",
]  # fmt: skip

AVERAGE = "@average"
"""What programs call the averaged copy; no rule can have a slot of that name."""
DECAY = "average.decay"


def averaged(new: Node) -> Node:
    """Return the average after a step that made the parameter `new`."""
    decay = hyper(DECAY)
    kept = node("mul", decay, tensor(AVERAGE))
    return node("add", kept, node("mul", node("sub", const(1), decay), new))


def start_average(rule: Any, param: Any) -> None:
    """Begin with the parameter as it is, in float32 where it is stored in 16 bits."""
    if rule._average is None:
        rule._average = exact_value(rule, param)


def average_alone(owner: Any, param: Any, decay: float) -> None:
    """Let the average follow a parameter that no plan has updated."""
    formula = Formula(((AVERAGE, averaged(tensor("p"))),))
    owner._keep(param)

    def columns(param: Any) -> dict[str, list[torch.Tensor]]:
        beside = {name: [held] for name, held in owner._beside(param).items()}
        return {"p": [param.tensor], AVERAGE: [owner._average], **beside}

    run_alone(owner, [param], formula, {DECAY: decay}, columns, owner._storage_of(param))


@contextlib.contextmanager
def _showing_averages(view: Target) -> Iterator[None]:
    """Put the averages into the parameters, and the parameters' own values back at the end."""
    own = []
    try:
        for param in view.params(False):
            rule = param.update_rule
            if rule is not None and rule._average is not None:
                held = param.tensor
                own.append((held, held.detach().clone()))
                held.data.copy_(rule._average)
        view.written([held for held, _ in own])
        yield
    finally:
        for held, values in own:
            held.data.copy_(values)
        view.written([held for held, _ in own])


class AveragesWeights(Optimizer):
    """The part of an optimizer that keeps an averaged copy of the weights."""

    _average_decay: float | None = None

    def average_weights(self, decay: float | None = 0.999) -> None:
        """Keep an averaged copy of the weights:  average ← decay · average + (1 − decay) · p.

        The copy begins with the parameters as they are at the next update, costs 8 bytes a value in
        the same pass over memory, and is saved with the optimizer. See :meth:`averaged_weights`.

        Args:
            decay: Share kept at each step, in [0, 1); None to stop averaging and forget the copy.

        Raises:
            HyperparameterError: If `decay` lies outside its range.

        Source: Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992).
        """
        if decay is not None:
            spec = Spec("decay", "average_weights", 0.999, ge=0, lt=1)
            decay = float(spec.accept(decay))
            spec.check(decay)
        elif self.target is not None:
            for param in self._view.params():
                if param.update_rule is not None:
                    param.update_rule._average = None
        self._average_decay = decay
        changes.structure()

    @contextlib.contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Put the averaged weights into the target for the length of a `with` block.

        Parameters that were not averaged yet stay as they are; edits inside the block are lost.

        Raises:
            NotSetUpError: Before `setup`, or without :meth:`average_weights`.

        Example:
            >>> import numpy as np
            >>> from catenary import Link, Parameter
            >>> from catenary.optimizers import SGD
            >>> model = Link()
            >>> with model.init_scope():
            ...     model.w = Parameter(np.array([0.0], np.float32))
            >>> opt = SGD(lr=1.0).setup(model)
            >>> opt.average_weights(0.5)
            >>> model.w.grad = np.array([-4.0], np.float32)
            >>> opt.update()
            >>> with opt.averaged_weights():
            ...     print(model.w.array)
            [2.]
            >>> print(model.w.array)
            [4.]
        """
        self._check_set_up()
        if self._average_decay is None:
            raise NotSetUpError(
                "there are no averaged weights; call average_weights(decay) before training."
            )
        with _showing_averages(self._view):
            yield
