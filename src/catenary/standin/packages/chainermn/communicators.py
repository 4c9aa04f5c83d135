"""A communicator whose only process is this one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy

__all__ = ["CommunicatorBase", "create_communicator"]

_NAMES = (
    *("naive", "flat", "pure_nccl", "non_cuda_aware", "dummy"),
    *("hierarchical", "two_dimensional", "single_node"),
)
# How MPI's launchers tell a process how many there are.
_COUNTS = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS")


class CommunicatorBase:
    """The communicator of one process: rank 0 of 1, in every sense.

    Data that would travel to every process is given back as it came; a message to another process
    is a RuntimeError.
    """

    rank = intra_rank = inter_rank = 0
    size = intra_size = inter_size = 1

    def __init__(self) -> None:
        self._configs: dict[str, Any] = {}

    def set_config(self, name: str, value: Any = True, **kwargs: Any) -> None:
        """Keep a setting; with one process none has an effect."""
        self._configs[name] = value

    def get_config(self, name: str | None = None) -> Any:
        """Return a setting, False where it was not made, or all of them."""
        return dict(self._configs) if name is None else self._configs.get(name, False)

    @contextlib.contextmanager
    def config_scope(self) -> Iterator[None]:
        """Do nothing: settings may be made anywhere."""
        yield

    def split(self, color: int, key: int) -> CommunicatorBase:
        """Return a communicator of the processes with this `color`: of this one."""
        return CommunicatorBase()

    def finalize(self) -> None:
        """Do nothing: there is nothing to release."""

    # --- data for every process: it is there already ---------------------------------------------

    def bcast(self, data: Any, max_buf_len: int | None = None, root: int = 0) -> Any:
        """Return `data`."""
        _check_root(root)
        return data

    bcast_obj = bcast

    def gather(self, data: Any, root: int = 0) -> tuple[Any, ...]:
        """Return what every process has: `data`, in a tuple."""
        _check_root(root)
        return (data,)

    def allgather(self, x: Any) -> tuple[Any, ...]:
        """Return what every process has: `x`, in a tuple."""
        return (x,)

    def gather_obj(self, obj: Any, root: int = 0) -> list[Any]:
        """Return what every process has: `obj`, in a list."""
        _check_root(root)
        return [obj]

    def allreduce(self, data: Any) -> Any:
        """Return the sum over all processes: a copy of `data`."""
        return numpy.array(data) if isinstance(data, numpy.ndarray) else data

    def allreduce_obj(self, obj: Any) -> Any:
        """Return the sum over all processes: `obj`."""
        return obj

    def scatter(self, xs: Sequence[Any], root: int = 0) -> Any:
        """Return this process's share of `xs`, which has one."""
        _check_root(root)
        return _alone(xs)

    def alltoall(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """Return `xs`, which holds one share for each process: for this one."""
        return (_alone(xs),)

    # --- models ----------------------------------------------------------------------------------

    def bcast_data(self, model: Any) -> None:
        """Do nothing: the model is the same on every process."""

    broadcast_data = bcast_data

    def multi_node_mean_grad(self, model: Any, zero_fill: bool = False) -> None:
        """Leave the gradients, their own mean; `zero_fill` makes missing ones zero."""
        for param in model.params():
            if zero_fill and param.grad is None and param.array is not None:
                param.grad = numpy.zeros_like(param.array)

    allreduce_grad = multi_node_mean_grad

    # --- messages --------------------------------------------------------------------------------

    def send(self, data: Any, dest: int, tag: int = 0) -> NoReturn:
        """Raise: there is no process to send to.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(_nobody(f"send to rank {dest}"))

    def recv(self, source: int, tag: int = 0) -> NoReturn:
        """Raise: there is no process to receive from.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(_nobody(f"receive from rank {source}"))

    send_obj = send
    recv_obj = recv


def create_communicator(
    communicator_name: str = "pure_nccl", mpi_comm: Any = None, **kwargs: Any
) -> CommunicatorBase:
    """Return the communicator of this one process.

    Args:
        communicator_name: One of ChainerMN's names; here they all mean the same.
        mpi_comm: MPI's communicator; its size must be 1.
        kwargs: ChainerMN's settings for communicating gradients, which are not communicated here.

    Raises:
        ValueError: If ChainerMN has no communicator of this name.
        RuntimeError: If MPI started this process with others: each would take itself for rank 0.
    """
    if communicator_name not in _NAMES:
        known = ", ".join(_NAMES)
        raise ValueError(f"unknown communicator {communicator_name!r}; ChainerMN has {known}.")
    counts = [int(os.environ.get(name, "1")) for name in _COUNTS]
    count = max([*counts, getattr(mpi_comm, "size", 1)])
    if count > 1:
        raise RuntimeError(
            f"MPI started {count} processes, and catenary's `chainermn` knows one: each would "
            "train alone and write to the same files. Start the program without mpiexec."
        )
    return CommunicatorBase()


def _check_root(root: int) -> None:
    if root != 0:
        raise ValueError(f"root is {root}, and there is one process here, rank 0.")


def _alone(xs: Sequence[Any]) -> Any:
    if len(xs) != 1:
        raise ValueError(f"{len(xs)} shares are given for 1 process.")
    return xs[0]


def _nobody(action: str) -> str:
    return f"cannot {action}: catenary's `chainermn` has one process, rank 0 of 1."
