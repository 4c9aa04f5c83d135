"""Formulas as data: frozen, interned nodes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Literal

from catenary.expr.ops import CONDITIONS

__all__ = [
    "Node", "Varies", "const", "hyper", "node", "norm", "random", "scalar", "tensor", "walk",
]  # fmt: skip

Varies = Literal["never", "step", "tensor", "element"]
"""How often a value changes: a constant; once a step, known to the host; once a tensor and step,
known after a reduction; with every element."""

_ORDER: tuple[Varies, ...] = ("never", "step", "tensor", "element")


class Node:
    """One operation on other nodes. Equal formulas are one object, so `is` compares formulas.

    Attributes:
        op: A key of :data:`~catenary.expr.ops.OPS`, a leaf, ``"norm"``, or ``"random"``.
        args: The nodes it works on.
        value: The name of a leaf, the number of a constant, the reach of a norm, the stream of a
            random number; otherwise None.
        varies: How often its value changes.
    """

    __slots__ = ("__weakref__", "args", "op", "value", "varies")

    op: str
    args: tuple[Node, ...]
    value: str | float | None
    varies: Varies

    def __init__(
        self, op: str, args: tuple[Node, ...], value: str | float | None, varies: Varies
    ) -> None:
        for name, content in (("op", op), ("args", args), ("value", value), ("varies", varies)):
            object.__setattr__(self, name, content)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Node is frozen; {name!r} cannot be set")

    def __repr__(self) -> str:
        inside = [repr(self.value)] if self.value is not None else []
        return f"{self.op}({', '.join(inside + [repr(a) for a in self.args])})"

    @property
    def is_condition(self) -> bool:
        """Whether the value is true or false, not a number."""
        if self.op == "where":
            return self.args[1].is_condition
        return self.op in CONDITIONS


_interned: weakref.WeakValueDictionary[tuple[object, ...], Node] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def _intern(op: str, args: tuple[Node, ...], value: str | float | None, varies: Varies) -> Node:
    # A float's hex tells 0.0 from -0.0 and makes every NaN one constant.
    spelled = value.hex() if isinstance(value, float) else value
    key = (op, tuple(map(id, args)), spelled)
    with _lock:
        found = _interned.get(key)
        if found is None:
            found = _interned[key] = Node(op, args, value, varies)
        return found


def node(op: str, *args: Node) -> Node:
    """Return the node of an operation; it varies as often as the most varying argument."""
    return _intern(op, args, None, max((a.varies for a in args), key=_ORDER.index))


def tensor(name: str) -> Node:
    """Return one element of the tensor called `name`."""
    return _intern("tensor", (), name, "element")


def hyper(name: str) -> Node:
    """Return a hyperparameter, or another float that the rule answers to."""
    return _intern("hyper", (), name, "step")


def const(value: float) -> Node:
    """Return a number."""
    return _intern("const", (), float(value), "never")


def scalar(name: str) -> Node:
    """Return a hoisted scalar: what `hoist` leaves in a kernel's body where a host value goes."""
    return _intern("scalar", (), name, "tensor")


def norm(arg: Node, over: Literal["tensor", "model"]) -> Node:
    """Return the Euclidean norm of an expression, over its tensor or over all tensors of the
    model.
    """
    return _intern("norm", (arg,), over, "tensor")


def random(stream: int, row: Node, t: Node) -> Node:
    """Return a whole number from 0 to 65535, drawn anew for every element, row and step.

    Args:
        stream: Which of the step's draws; streams are independent.
        row: The scalar that tells rows apart.
        t: The scalar that counts steps.
    """
    return _intern("random", (row, t), str(stream), "element")


def walk(roots: Iterable[Node]) -> Iterator[Node]:
    """Yield every node below `roots` once, arguments before the nodes that use them."""
    seen: set[Node] = set()
    stack = [(root, False) for root in reversed(tuple(roots))]
    while stack:
        at, ready = stack.pop()
        if at in seen:
            continue
        if ready:
            seen.add(at)
            yield at
        else:
            stack.append((at, True))
            stack.extend((arg, False) for arg in reversed(at.args))
