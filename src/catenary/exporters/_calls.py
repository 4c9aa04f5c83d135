"""The arguments of the functions that made a graph; the graph itself knows labels and inputs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any

from catenary.variable import Variable

__all__ = ["Arguments", "noting", "operations"]

Arguments = dict[str, Any]


@contextlib.contextmanager
def noting(functions: Iterable[Callable[..., Any]]) -> Iterator[dict[Any, Arguments]]:
    """Note with which arguments functions are called, in this thread, wherever they are imported.

    Python's profiling hook tells, so that functions cost what they cost when nobody asks.

    Args:
        functions: What to watch, written in Python.

    Yields:
        The arguments by name, defaults among them, for the graph's node of each Variable that one
        of the functions has returned. Of functions that call each other, the innermost counts.
    """
    watched: set[CodeType] = {function.__code__ for function in functions}
    found: dict[Any, Arguments] = {}
    running: dict[FrameType, Arguments] = {}

    def note(frame: FrameType, event: str, value: Any) -> None:
        if frame.f_code not in watched:
            return
        if event == "call":
            running[frame] = dict(frame.f_locals)
        elif event == "return":
            arguments = running.pop(frame)
            if isinstance(value, Variable):
                found.setdefault(value.node, arguments)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


def operations(outputs: Iterable[Variable]) -> list[Any]:
    """Return what computed `outputs`, each operation after those that it depends on."""
    found: dict[Any, None] = {}
    waiting = [y.creator_node for y in outputs][::-1]
    while waiting:
        operation = waiting.pop()
        if operation is not None and operation not in found:
            found[operation] = None
            waiting += [node.creator_node for node in operation.inputs or ()][::-1]
    return sorted(found, key=lambda operation: operation.rank)
