"""What a trace yields (`Formula`) and what a backend runs (`Program`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catenary.expr.node import Node, walk

__all__ = ["Formula", "Program", "Reduction", "Scalar"]


@dataclass(frozen=True)
class Formula:
    """Named results over named tensors, as traced.

    Attributes:
        outputs: (tensor written, its new value), in the order in which they are written.
        shared: Norms over the model that every formula of the same optimizer measures, whether or
            not its own outputs use them.
        host: (number that the rule keeps, its new value): what varies per step and not per element.
        measured: (name, expression) whose norms over each tensor the updating pass measures.
    """

    outputs: tuple[tuple[str, Node], ...]
    shared: tuple[Node, ...] = ()
    host: tuple[tuple[str, Node], ...] = ()
    measured: tuple[tuple[str, Node], ...] = ()

    def roots(self) -> tuple[Node, ...]:
        """Return every node that the formula needs."""
        named = (*self.outputs, *self.host, *self.measured)
        return (*self.shared, *(value for _, value in named))

    def inputs(self) -> tuple[str, ...]:
        """Return the names of the tensors read, in order of first use."""
        return tuple(str(n.value) for n in walk(self.roots()) if n.op == "tensor")

    def hypers(self) -> tuple[str, ...]:
        """Return the names of the hyperparameters read, in order of first use."""
        return tuple(str(n.value) for n in walk(self.roots()) if n.op == "hyper")


@dataclass(frozen=True)
class Reduction:
    """A Euclidean norm that a pass measures.

    Attributes:
        name: What scalars call the result.
        over: One tensor, or all tensors of the model.
        arg: The expression under the norm, in the kernel's own terms.
        stage: The pass that measures it, from 1.
        source: The traced node. Two programs that share it measure the same norm over the model.
    """

    name: str
    over: Literal["tensor", "model"]
    arg: Node
    stage: int
    source: Node


@dataclass(frozen=True)
class Scalar:
    """A value per tensor and step, computed on the host in float64.

    Attributes:
        name: What the kernel's body calls it.
        value: Its expression over hyperparameters and results of reductions.
        stage: 0 when no reduction is needed, otherwise the pass after which it is known.
    """

    name: str
    value: Node
    stage: int


@dataclass(frozen=True)
class Program:
    """A formula cut for execution: host scalars, reductions by stage, and element expressions.

    Attributes:
        inputs: Names of the tensors read.
        outputs: (tensor written, expression over tensors, scalars and constants).
        scalars: In order of their stage.
        reductions: In order of their stage.
        hypers: Names of the hyperparameters that the scalars read.
        host: (number that the rule keeps, the scalar that is its new value).
        measured: What the updating pass measures.
    """

    inputs: tuple[str, ...]
    outputs: tuple[tuple[str, Node], ...]
    scalars: tuple[Scalar, ...]
    reductions: tuple[Reduction, ...]
    hypers: tuple[str, ...]
    host: tuple[tuple[str, str], ...] = ()
    measured: tuple[Reduction, ...] = ()

    @property
    def stages(self) -> int:
        """Number of reducing passes before the updating one."""
        return max((r.stage for r in self.reductions), default=0)
