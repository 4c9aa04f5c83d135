"""Formulas as data: nodes, tracing, passes, checks, and printing as mathematics.

A rule's or hook's Python function is traced once into a `Formula`, and hoisting cuts that into a
`Program` that a backend can run. This room is pure Python and calls nobody but `errors`; `kernel`
runs what it makes, and rules and hooks write their formulas with its functions.
"""

from catenary.expr.check import check_formula, check_program
from catenary.expr.evaluate import evaluate
from catenary.expr.hoist import hoist
from catenary.expr.node import Node
from catenary.expr.program import Formula, Program, Reduction, Scalar
from catenary.expr.show import show, show_node
from catenary.expr.trace import (
    Scope,
    absolute,
    exp,
    isnan,
    log,
    maximum,
    minimum,
    norm,
    sign,
    sqrt,
    tanh,
    trace,
    where,
)

__all__ = [
    "Formula",
    "Node",
    "Program",
    "Reduction",
    "Scalar",
    "Scope",
    "absolute",
    "check_formula",
    "check_program",
    "evaluate",
    "exp",
    "hoist",
    "isnan",
    "log",
    "maximum",
    "minimum",
    "norm",
    "show",
    "show_node",
    "sign",
    "sqrt",
    "tanh",
    "trace",
    "where",
]
