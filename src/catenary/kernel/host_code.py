"""What the host computes in a step: one Python function a stage, written from the nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from catenary.expr import Node
from catenary.expr.node import walk
from catenary.expr.ops import OPS

__all__ = ["HostFunction", "host_function"]

HostFunction = Callable[[Mapping[str, float], Mapping[str, float]], list[float]]
"""Takes hyperparameters and norms by name; returns scalars in float64."""

_INFIX = {"add": "+", "sub": "-", "mul": "*"}


def host_function(roots: Sequence[Node], norms: Collection[str]) -> HostFunction:
    """Return what computes the values of nodes.

    It is compiled, since walking the nodes took as long as a small step's kernels.

    Args:
        roots: The nodes; over hyperparameters, norms and constants.
        norms: Names of the norms.
    """
    names: dict[Node, str] = {}
    known: dict[str, Any] = {f"op_{name}": op.meaning for name, op in OPS.items()}
    lines = []
    for at in walk(roots):
        name = names[at] = f"x{len(names)}"
        if at.op == "const":
            known[name] = at.value
        else:
            lines.append(f" {name} = {_spelled(at, [names[arg] for arg in at.args], norms)}")
    results = ", ".join(f"float({names[root]})" for root in roots)
    text = "\n".join(["def scalars(values, norms):", *lines, f" return [{results}]"])
    exec(text, known)  # noqa: S102 - spelled above
    return known["scalars"]  # type: ignore[no-any-return]


def _spelled(at: Node, args: Sequence[str], norms: Collection[str]) -> str:
    if not args:
        return f"{'norms' if at.value in norms else 'values'}[{at.value!r}]"
    if at.op in _INFIX:
        return f"{args[0]} {_INFIX[at.op]} {args[1]}"
    return f"op_{at.op}({', '.join(args)})"
