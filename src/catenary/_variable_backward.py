"""The backward pass: torch computes it, the light graph says which Variables it concerns."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from catenary import _variable_hooks
from catenary._variable_graph import Call, VariableNode
from catenary._variable_watch import Watch
from catenary.changes import scales
from catenary.config import config, unusual
from catenary.errors import LossError

__all__ = [
    "differentiate",
    "initial_gradient",
    "passed",
    "reached",
    "record_gradients",
    "settings",
    "siblings",
    "watching",
]


def reached(roots: Sequence[VariableNode]) -> tuple[list[Any], list[Any]]:
    """Return the live Variables that gradients from `roots` arrive at: leaves, and all others."""
    leaves: list[Any] = []
    inner: list[Any] = []
    for node in passed(roots):
        variable = node._variable()
        if variable is not None:
            (leaves if node._origin is None else inner).append(variable)
    return leaves, inner


def passed(roots: Sequence[VariableNode]) -> list[VariableNode]:
    """Return the nodes that gradients from `roots` pass or arrive at."""
    found = list(roots)
    seen: set[Any] = set(found)
    for node in found:  # grows on the way
        origin = node._origin
        if type(origin) is tuple:
            parents = origin[1]
        elif origin is None or origin in seen:
            continue
        else:
            seen.add(origin)  # its other results have the same inputs
            parents = origin.inputs
        for parent in parents or ():
            if parent.requires_grad and parent not in seen:
                seen.add(parent)
                found.append(parent)
    return found


class _Recorded:
    """Whether a gradient of this process has a graph; if none has, no leaf need be asked."""

    in_use: bool = False


_recorded = _Recorded()


def differentiate(
    roots: Sequence[Any],
    grads: Sequence[torch.Tensor],
    *,
    retain_grad: bool,
    create_graph: bool,
    loss_scale: float | None,
) -> None:
    """Send `grads` backward from `roots`, adding to the gradient of every leaf Variable reached.

    The graph stays, so that a second loss over it can be differentiated afterwards.
    """
    tensors = [root.tensor for root in roots]
    asked = retain_grad or create_graph or scales.in_use or _recorded.in_use
    plain = loss_scale is None and not asked
    if plain and not (_variable_hooks.in_force or unusual.entries):
        _send(tensors, grads, create_graph=False)
        return
    nodes = [root.node for root in roots]
    leaves, inner = reached(nodes)
    for leaf in leaves:
        if leaf._scale_spent:
            leaf.unscale_grad()
        grad = leaf._gradient()
        if not create_graph and grad is not None and grad.grad_fn is not None:
            # torch would add to it in place, under the hands of what was computed from it.
            leaf._put_gradient(grad.detach().clone())
    kept = inner if retain_grad else []
    with watching(nodes), settings(create_graph), _keeping(kept, loss_scale):
        _send(tensors, grads, create_graph)
    if create_graph:
        found = leaves + kept
        record_gradients(found, [v.grad_var for v in found])
    for leaf in leaves:
        leaf.note_scale(loss_scale)


def initial_gradient(root: Any, loss_scale: float | None) -> torch.Tensor | None:
    """Return the gradient that a backward pass starts with where none was set on `root`.

    None where nothing is to be done.
    """
    tensor = root.tensor
    if tensor.numel() != 1:
        if root.creator_node is None or not root.requires_grad:
            return None
        raise LossError(
            f"backward of a Variable of shape {root.shape} needs a gradient to start from: reduce "
            "it to one value (functions.sum), or set its grad first"
        )
    if tensor.ndim:
        warnings.warn(
            f"backward takes a Variable of shape {root.shape} for a scalar; this is deprecated. "
            "Apply functions.squeeze, or set its grad",
            DeprecationWarning,
            stacklevel=3,
        )
    ones = torch.ones_like(tensor)
    return ones if loss_scale is None else ones * loss_scale


def siblings(node: VariableNode | None) -> list[Any]:
    """Return the other results of the call that made `node`, those that hold a gradient."""
    origin = None if node is None else node._origin
    if origin is None or type(origin) is tuple or len(origin.outputs) == 1:
        return []
    nodes = [reference() for reference in origin.outputs]
    variables = [n._variable() for n in nodes if n is not None and n is not node]
    return [v for v in variables if v is not None and v.grad_var is not None]


_run_backward = torch.autograd.Variable._execution_engine.run_backward


def _send(
    tensors: Sequence[torch.Tensor], grads: Sequence[torch.Tensor], create_graph: bool
) -> None:
    """Let torch do it, from those tensors that lead anywhere."""
    if not all([tensor.requires_grad for tensor in tensors]):  # noqa: C419 - the list is faster
        pairs = [(t, g) for t, g in zip(tensors, grads, strict=True) if t.requires_grad]
        tensors, grads = [t for t, _ in pairs], [g for _, g in pairs]
    if tensors:
        # `torch.autograd.backward` without its checks, which a Variable's gradient has passed: they
        # are half of what a small network's backward costs before the first operation.
        _run_backward(
            tuple(tensors),
            tuple(grads),
            True,  # keep the graph
            create_graph,
            (),
            allow_unreachable=True,
            accumulate_grad=True,
        )


def record_gradients(sources: Sequence[Any], gradients: Sequence[Any]) -> None:
    """Give gradients that can be differentiated further a creator: all of it depends on `sources`.

    Args:
        sources: Variables that the gradients depend on.
        gradients: Variables, or None where there is no gradient.
    """
    _recorded.in_use = True
    call = Call("Gradient")
    for gradient in gradients:
        if gradient is not None and gradient._node is None and gradient.tensor.grad_fn is not None:
            call.connect(list(sources), gradient, gradient.tensor)


@contextlib.contextmanager
def _keeping(inner: Sequence[Any], loss_scale: float | None) -> Iterator[None]:
    """Give intermediate Variables the gradients that pass through them in the meantime."""
    kept: dict[int, torch.Tensor] = {}
    hooks = [_keeper(v, kept) for v in inner if v.tensor.requires_grad]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
    for variable in inner:
        if id(variable) in kept:
            variable._put_gradient(kept[id(variable)])
            variable.note_scale(loss_scale)


def _keeper(variable: Any, kept: dict[int, torch.Tensor]) -> Any:
    key = id(variable)

    def keep(grad: torch.Tensor | None) -> None:
        if grad is not None:
            # Memory of its own: where an operation only looks at its input otherwise, the gradient
            # of a leaf lies in the same memory, and torch adds to that in place.
            kept[key] = grad.clone()

    return variable.tensor.register_hook(keep)


def watching(nodes: Sequence[VariableNode]) -> contextlib.AbstractContextManager[None]:
    """Return a context manager inside which function hooks hear of backward passes."""
    if not _variable_hooks.in_force:
        return contextlib.nullcontext()
    return Watch(nodes)


@contextlib.contextmanager
def _unusual(debug: bool) -> Iterator[None]:
    with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(debug):
        # torch warns that gradients with a graph refer to their parameters; Chainer's do as well,
        # and `cleargrads` breaks the cycle.
        warnings.filterwarnings("ignore", "Using backward\\(\\) with create_graph")
        # In debug mode NaN is an error, which says enough.
        warnings.filterwarnings("ignore", "Error detected in")
        yield


def settings(create_graph: bool) -> contextlib.AbstractContextManager[None]:
    """Return a context manager for a torch backward pass: debug mode, and quiet about graphs."""
    debug = bool(config.debug)
    return _unusual(debug) if create_graph or debug else contextlib.nullcontext()
