"""A group of processes on one machine that add arrays up and send them round."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

__all__ = ["Group", "join_group"]

_PATIENCE = datetime.timedelta(minutes=30)  # for the slowest batch


class Group:
    """Processes that meet; of torch.distributed's, apart from its global default group.

    Args:
        backend: A ``ProcessGroup``.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def add_up(self, tensor: torch.Tensor) -> torch.Tensor:
        """Add the tensors of all processes into that of the first one, and return it."""
        options = dist.ReduceOptions()
        options.rootRank = 0
        self._backend.reduce([tensor], options).wait()
        return tensor

    def spread(self, tensor: torch.Tensor) -> torch.Tensor:
        """Copy the first process's tensor into those of the others, and return it."""
        options = dist.BroadcastOptions()
        options.rootRank = 0
        self._backend.broadcast([tensor], options).wait()
        return tensor


def join_group(folder: str, rank: int, count: int, device: Any) -> Group:
    """Meet the other processes.

    Args:
        folder: Folder that all of them know, empty at first.
        rank: Number of this process, the first being 0.
        count: Number of processes.
        device: :class:`catenary.backend.Device` that the tensors are on.
    """
    known: Any = dist  # its type stubs lag behind
    store = known.FileStore(str(Path(folder) / "meeting"), count)
    if device.torch_device.type == "cuda":
        return Group(known.ProcessGroupNCCL(store, rank, count, _PATIENCE))
    options = known.ProcessGroupGloo._Options()
    options._devices = [known.ProcessGroupGloo.create_device(hostname="127.0.0.1")]
    options._timeout = _PATIENCE
    return Group(known.ProcessGroupGloo(store, rank, count, options))
