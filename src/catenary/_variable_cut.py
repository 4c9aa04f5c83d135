"""What unchaining does to torch's graph, which cannot take an edge away.

A Variable that is cut off becomes a leaf over the same values, and what is computed from it later
is computed from that leaf. Operations from before still lead torch into the history: a hook stops
the gradients there. So that this history does not live on with every Variable that came of such an
operation, :func:`replant` gives these a beginning of their own when they are used again.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Collection, Iterable
from typing import Any

import torch
from torch.autograd.graph import GradientEdge

__all__ = ["cut_edges", "late", "replant", "stop", "thread"]

# Under this key an operation of torch's graph tells which of its results have been unchained.
_CUT = "catenary: unchained"

# The nodes that were cut and that operations from before still read. A cut Variable goes on with
# another node, so that the old one is here for as long as there are such operations.
late: set[weakref.ref[Any]] = set()


class _Thread(threading.local):
    """A thread's backward pass and cuts.

    Attributes:
        as_values: Whether gradients are to be returned, and Variables to be left alone.
        cut_at: The number of torch's first operation after the last cut.
    """

    as_values: bool = False
    cut_at: int = 0


thread = _Thread()


def stop(grad_fn: Any, index: int, node: Any) -> None:
    """Let no gradient through that arrives at `node`, the output `index` of torch's `grad_fn`."""
    late.add(weakref.ref(node, late.discard))
    grad_fn.register_prehook(_stopper(index, node._variable))
    grad_fn.metadata.setdefault(_CUT, {})[index] = node._variable
    thread.cut_at = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]


def _stopper(index: int, variable: Callable[[], Any]) -> Callable[[Any], Any]:
    """Return a hook that hands the gradient of one output to its Variable and lets none through."""

    def stop(grads: tuple[torch.Tensor | None, ...]) -> tuple[torch.Tensor | None, ...]:
        arrived, target = grads[index], variable()
        if arrived is not None and target is not None and not thread.as_values:
            target._accumulate(arrived)
        return tuple(None if i == index else g for i, g in enumerate(grads))

    return stop


def cut_edges(
    tensors: Iterable[torch.Tensor], variables: Collection[int]
) -> list[tuple[int, GradientEdge]]:
    """Return where gradients of `tensors` arrive at Variables that have been unchained since.

    Operations from before know the old tensor of such a Variable, and not the leaf that it is now.

    Args:
        tensors: Where gradients start.
        variables: The `id` of the Variables that are looked for.

    Returns:
        Pairs of an `id` and a place in torch's graph.
    """
    found = []
    seen: set[Any] = set()
    waiting: list[Any] = [tensor.grad_fn for tensor in tensors]
    while waiting:
        fn = waiting.pop()
        if fn is None or fn in seen:
            continue
        seen.add(fn)
        for output_nr, variable in fn.metadata.get(_CUT, {}).items():
            key = id(variable())
            if key in variables:
                found.append((key, GradientEdge(fn, output_nr)))
        waiting += [following for following, _ in fn.next_functions]
    return found


def replant(variable: Any) -> bool:
    """Give a Variable its own beginning in torch's graph, if gradients from it have no effect.

    That is where they come to no Variable that lives, and to no tensor that torch gave. Creator,
    rank and values stay.

    Returns:
        Whether it was, and has another tensor over the same memory now.
    """
    node = variable._node
    fn = None if node is None else node._grad_fn
    # Only what is older than the last cut can lead past it.
    if fn is None or fn._sequence_nr() >= thread.cut_at:
        return False
    behind = _all_gone(node)
    if not behind:
        return False
    for each in behind:
        each.leave_torch()
    leaf = variable._tensor.detach().requires_grad_()
    # Not the leaf itself: a gradient would stay with it, and the Variable is an intermediate one.
    variable._tensor = tensor = leaf.view_as(leaf)
    node._grad_fn, node._output_nr = tensor.grad_fn, tensor.output_nr
    return True


def _all_gone(node: Any) -> list[Any]:
    """Return the nodes that gradients from `node` come to, itself first; none if one matters."""
    found = [node]
    seen = {node}
    for each in found:  # grows on the way
        if each is not node and each._variable() is not None:
            return []
        origin = each._origin
        if origin is None and hasattr(each, "_of_torch"):
            return []
        inputs = origin[1] if type(origin) is tuple else origin and origin.inputs
        fresh = {n for n in inputs or () if n.requires_grad and n not in seen}
        seen |= fresh
        found += fresh
    return found
