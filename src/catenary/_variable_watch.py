"""Function hooks during a backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from catenary import _variable_hooks
from catenary._variable_graph import Operation, VariableNode
from catenary.backends.memory import array_of

__all__ = ["Watch"]


class Watch:
    """A context manager that calls function hooks around the backward pass of every operation.

    One operation of ours may be several nodes of torch's graph. torch runs nodes in the reverse
    order of their making, so those of one operation follow each other: an operation begins with the
    first of its nodes, and ends when a node of another one begins.

    Args:
        roots: Nodes that gradients are sent back from.
    """

    def __init__(self, roots: Sequence[VariableNode]) -> None:
        self._handles: list[Any] = []
        self._end: Callable[[], None] | None = None
        for operation in _behind(roots):
            hooks = _variable_hooks.of(operation)
            if hooks:
                self._watch(operation, hooks)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        for handle in self._handles:
            handle.remove()
        if error is None:
            self._finish()

    def _finish(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()

    def _watch(self, operation: Operation, hooks: tuple[Any, ...]) -> None:
        outputs = [reference() for reference in operation.outputs]
        state: dict[str, Any] = {}

        def begin(fn: Any, grads: tuple[torch.Tensor | None, ...]) -> None:
            if self._end is state.get("end", self) or all([g is None for g in grads]):  # noqa: C419
                return
            self._finish()
            found = tuple([_arrived(node, fn, grads) for node in outputs])
            data = tuple([node.data for node in operation.inputs or ()])
            for hook in hooks:
                hook.backward_preprocess(operation, data, found)

            def end() -> None:
                for hook in hooks:
                    hook.backward_postprocess(operation, data, found)

            self._end = state["end"] = end

        for fn in _torch_nodes(operation, outputs):
            self._handles.append(fn.register_prehook(lambda grads, fn=fn: begin(fn, grads)))


def _behind(roots: Sequence[VariableNode]) -> list[Operation]:
    found: dict[Operation, None] = {}
    waiting = [node.creator_node for node in roots]
    while waiting:
        operation = waiting.pop()
        if operation is None or operation in found:
            continue
        found[operation] = None
        waiting += [node.creator_node for node in operation.inputs or () if node.requires_grad]
    return list(found)


def _arrived(node: VariableNode | None, fn: Any, grads: tuple[torch.Tensor | None, ...]) -> Any:
    """Return the gradient that arrived for an output, None if it did not come through `fn`."""
    if node is None or node._grad_fn is not fn:
        return None
    grad = grads[node._output_nr]
    return None if grad is None else array_of(grad)


def _torch_nodes(operation: Operation, outputs: list[VariableNode | None]) -> set[Any]:
    """Return torch's nodes between an operation's outputs and its inputs."""
    ends = {node._grad_fn for node in operation.inputs or ()}
    found: set[Any] = set()
    waiting = [node._grad_fn for node in outputs if node is not None]
    while waiting:
        fn = waiting.pop()
        # What has a `variable` is the end of the graph, where a leaf receives its gradient.
        if fn is None or fn in found or fn in ends or hasattr(fn, "variable"):
            continue
        found.add(fn)
        waiting += [following for following, _ in fn.next_functions]
    return found
