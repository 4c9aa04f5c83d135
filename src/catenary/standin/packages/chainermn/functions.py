"""Differentiable communication among processes, of which there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = [
    "allgather",
    "alltoall",
    "bcast",
    "gather",
    "pseudo_connect",
    "recv",
    "scatter",
    "send",
]


def allgather(comm: Any, x: Any) -> tuple[Any, ...]:
    """Return every process's `x`: this one's, in a tuple."""
    return tuple(comm.allgather(x))


def alltoall(comm: Any, xs: Sequence[Any]) -> tuple[Any, ...]:
    """Return what every process has for this one: `xs`, which must hold one."""
    return tuple(comm.alltoall(xs))


def bcast(comm: Any, x: Any, root: int = 0) -> Any:
    """Return the root's `x`: this process's."""
    return comm.bcast(x, root=root)


def gather(comm: Any, x: Any, root: int = 0) -> tuple[Any, ...]:
    """Return every process's `x`: this one's, in a tuple."""
    return tuple(comm.gather(x, root=root))


def scatter(comm: Any, xs: Sequence[Any], root: int = 0) -> Any:
    """Return this process's share of `xs`, which must hold one."""
    return comm.scatter(xs, root=root)


def pseudo_connect(delegate_variable: Any, *actual_variables: Any) -> Any:
    """Return the variables: no message's gradient has to be waited for.

    Returns:
        A tuple, or the one variable, as ChainerMN does.
    """
    return actual_variables if len(actual_variables) != 1 else actual_variables[0]


def send(x: Any, communicator: Any, rank: int, tag: int = 0) -> NoReturn:
    """Raise: there is no other process.

    Raises:
        RuntimeError: Always.
    """
    communicator.send(x, rank, tag)
    raise AssertionError


def recv(
    communicator: Any,
    rank: int,
    delegate_variable: Any = None,
    tag: int = 0,
    force_tuple: bool = False,
) -> NoReturn:
    """Raise: there is no other process.

    Raises:
        RuntimeError: Always.
    """
    communicator.recv(rank, tag)
    raise AssertionError
