"""What a device knows of a table, and the launch of a pass over it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import torch

from catenary.kernel.schedule import Pass
from catenary.kernel.signature import Signature
from catenary.kernel.table import Table
from catenary.kernel.triton.compiler import kernel
from catenary.kernel.triton.mirror import Mirror
from catenary.kernel.triton.sweep_text import sweep_text

__all__ = ["BLOCK", "PIECE", "DeviceTable", "on_device"]

BLOCK = 1024
"""Elements that a program handles at once."""

PIECE = 8192
"""Elements a program: enough to hide what starting one costs, few enough to share work evenly."""


def on_device(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Launch on `device`, and on its current stream, for the length of a `with` block."""
    return torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()


class DeviceTable:
    """Addresses, scalars and pieces of work of a table, in its device's memory.

    Args:
        table: The table.

    Attributes:
        device: Where it lies.
        owners: The row of each piece.
        keys: What tells rows apart where random numbers are drawn.
        scalars: (rows, scalars), in the compute dtype.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.device = table.columns["p"][0].device
        self.signature = Signature.of(table)
        self._pointers = np.zeros((table.size, len(self.signature.columns)), np.int64)
        for k, held in enumerate(table.columns.values(), start=1):
            self._pointers[:, k] = [tensor.data_ptr() for tensor in held]
        self._at = Mirror(self._pointers, self.device)
        self._active = Mirror(np.ones(table.size, np.int64), self.device)
        shape = (table.size, max(1, len(self.signature.scalars)))
        compute = getattr(torch, self.signature.compute)
        self.scalars = torch.zeros(shape, dtype=compute, device=self.device)
        self.keys = torch.from_numpy(table.keys).to(self.device)
        self._split()

    def _split(self) -> None:
        counts = np.array([tensor.numel() for tensor in self.table.columns["p"]], np.int64)
        per_row = -(-counts // PIECE)
        self.owners = np.repeat(np.arange(len(counts)), per_row)
        starts = np.arange(len(self.owners)) - np.repeat(np.cumsum(per_row) - per_row, per_row)
        starts *= PIECE
        sizes = np.minimum(counts[self.owners] - starts, PIECE)
        arrays = (self.owners, starts, sizes)
        self._pieces = tuple(torch.from_numpy(a.copy()).to(self.device) for a in arrays)
        bounds = np.concatenate([[0], np.cumsum(per_row)])
        self.bounds = torch.from_numpy(bounds).to(self.device)

    def refresh(self) -> None:
        """Take this step's gradients, and the rows that take part."""
        self._pointers[:, 0] = self.table.addresses
        self._at.follow(self._pointers)
        self._aligned = not (self._pointers % 16).any()
        active = np.zeros(self.table.size, np.int64)
        active[list(self.table.rows)] = 1
        self._active.follow(active)

    def width(self, sweep: Pass, *, check_finite: bool) -> int:
        """Return how many numbers a pass measures on each piece."""
        return len(sweep.reductions) + check_finite

    def source(self, sweep: Pass, *, check_finite: bool) -> str:
        """Return the kernel of a pass."""
        return sweep_text(sweep, self.signature.checking(finite=check_finite))

    def launch(
        self, sweep: Pass, out: torch.Tensor, skip: torch.Tensor, *, check_finite: bool
    ) -> None:
        """Queue a pass.

        Args:
            sweep: The pass.
            out: (pieces, :meth:`width`) float64, for what it measures on each piece.
            skip: Where its first number is not 0 the pass writes nothing but cleared gradients.
            check_finite: Whether it also looks for gradients that are not finite.
        """
        if not len(self.owners):
            return
        run = kernel(self.source(sweep, check_finite=check_finite), "sweep")
        arguments = (*self._pieces, self._active.tensor, self._at.tensor, self.scalars, skip, out)
        options = {"BLOCK": BLOCK, "ALIGNED": self._aligned, "enable_fp_fusion": False}
        with on_device(self.device):
            run[(len(self.owners),)](*arguments, **options)
