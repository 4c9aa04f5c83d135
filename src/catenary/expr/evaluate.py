"""The float64 meaning of a node, on Python floats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catenary.expr.node import Node, walk
from catenary.expr.ops import OPS

__all__ = ["evaluate"]


def evaluate(root: Node, values: Mapping[str, float]) -> Any:
    """Return the value of `root`, where `values` gives its tensors, hyperparameters and scalars by
    name.

    Returns:
        A float, or a bool for a condition.

    Raises:
        KeyError: If a name is missing in `values`.
    """
    known: dict[Node, Any] = {}
    for at in walk([root]):
        if at.op == "const":
            known[at] = at.value
        elif not at.args:
            known[at] = values[str(at.value)]
        else:
            known[at] = OPS[at.op].meaning(*(known[arg] for arg in at.args))
    return known[root]
