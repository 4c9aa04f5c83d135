"""An averaged copy of the weights, kept by the same pass that updates them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from catenary.expr import Formula
from catenary.expr.node import Node, const, hyper, node, tensor
from catenary.optimizer.alone import run_alone
from catenary.optimizer.target import Target

__all__ = ["AVERAGE", "DECAY", "average_alone", "averaged", "showing_averages", "start_average"]

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
        held = param.tensor.detach()
        rule._average = held.clone() if held.dtype == torch.float64 else held.float().clone()


def average_alone(owner: Any, param: Any, decay: float) -> None:
    """Let the average follow a parameter that no plan has updated."""
    formula = Formula(((AVERAGE, averaged(tensor("p"))),))
    run_alone(
        owner,
        [param],
        formula,
        {DECAY: decay},
        lambda param: {"p": [param.tensor], AVERAGE: [param.update_rule._average]},
    )


@contextlib.contextmanager
def showing_averages(view: Target) -> Iterator[None]:
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
