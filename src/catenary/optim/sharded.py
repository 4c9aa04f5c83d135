"""Parameters that several processes hold in parts: ``DTensor``s, as ``fully_shard`` makes them.

Rules and kernels see the part of this process. What covers whole tensors (norms, the search for
gradients that are not finite, matrix rules) is put together here; states are shown as DTensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import distributed
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Placement, Replicate
from torch.distributed.tensor._dtensor_spec import DTensorSpec, TensorMeta

from catenary import changes
from catenary.optim.tensor_param import TensorParam

__all__ = ["AddingUp", "ShardedParam", "Sharding"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class ShardedParam(TensorParam):
    """A DTensor of an optimizer; `tensor` is this process's part, on the same memory.

    Attributes:
        leaf: The DTensor, which holds the gradient and is frozen and thawed.
        sharding: How it is spread.
    """

    sharding: Sharding

    def __init__(self, leaf: DTensor, name: str) -> None:
        super().__init__(_alias(leaf), name)
        self.leaf: DTensor = leaf
        self.sharding = Sharding(leaf)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole tensor."""
        return tuple(self.leaf.shape)

    def take_gradient(self) -> None:
        """Let `tensor` have the memory, the gradient and the frozenness that the DTensor has now.

        Modules are moved and loaded without telling, and a gradient may be spread otherwise than
        its parameter.
        """
        own = self.leaf._local_tensor
        here = self.tensor
        if own.data_ptr() != here.data_ptr() or own.shape != here.shape or own.dtype != here.dtype:
            self.tensor = _alias(self.leaf)
            self.sharding = Sharding(self.leaf)
            changes.structure()
        if self.tensor.requires_grad != self.leaf.requires_grad:
            self.tensor.requires_grad_(self.leaf.requires_grad)
        self.tensor.grad = self._local_gradient()

    def _local_gradient(self) -> torch.Tensor | None:
        grad = self.leaf.grad
        if grad is None:
            return None
        with torch.no_grad():
            if isinstance(grad, DTensor):
                if grad.placements != self.leaf.placements:
                    grad = grad.redistribute(placements=self.leaf.placements)
                    self.leaf.grad = grad
                grad = grad.to_local()
        return grad

    def forget_gradient(self) -> None:
        """Leave the gradient to the DTensor alone."""
        self.tensor.grad = None

    def cast_copy(self, dtype: Any) -> TensorParam:
        """Return a copy of this process's part in another dtype, spread as this one."""
        return _CopyOfPart(super().cast_copy(dtype).tensor, self)

    def shown(self, held: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        """Return a state array as programs see it: a DTensor."""
        return self.sharding.spread(held, shape)

    def own_part(self, value: torch.Tensor) -> torch.Tensor:
        """Return what this process holds of a state array that a program gives, spread or whole."""
        return self.sharding.part(value)


class _CopyOfPart(TensorParam):
    """A copy of a process's part of a parameter."""

    def __init__(self, tensor: torch.Tensor, of: ShardedParam) -> None:
        super().__init__(tensor, of.name)
        self.sharding = of.sharding
        self._whole = of.shape

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole tensor."""
        return self._whole


def _alias(leaf: DTensor) -> torch.Tensor:
    return leaf._local_tensor.detach().requires_grad_(leaf.requires_grad)


class Sharding:
    """How a tensor is spread over processes.

    Args:
        leaf: The tensor.
    """

    def __init__(self, leaf: DTensor) -> None:
        self.mesh: DeviceMesh = leaf.device_mesh
        self.placements: tuple[Placement, ...] = tuple(leaf.placements)
        self._whole = leaf.shape
        self._stride = leaf.stride()

    def spread(self, held: torch.Tensor, shape: tuple[int, ...]) -> DTensor:
        """Return what each process gives as a DTensor.

        Args:
            held: A part of what has the tensor's shape, and the whole of anything else.
            shape: The shape of the whole.
        """
        cut = shape == self._whole
        placements = self.placements if cut else tuple(self._replicated())
        stride = self._stride if cut else held.stride()
        meta = TensorMeta(torch.Size(shape), stride, held.dtype)
        # `from_local` would move what was offloaded to the host.
        spec = DTensorSpec(self.mesh, placements, tensor_meta=meta)
        return DTensor(held, spec, requires_grad=False)  # type: ignore[no-untyped-call]

    def whole(self, held: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        """Return the whole of what :meth:`spread` takes."""
        if shape != self._whole:
            return held
        full: torch.Tensor = self.spread(held.to(self.mesh.device_type), shape).full_tensor()
        return full.to(held.device)

    def part(self, value: torch.Tensor) -> torch.Tensor:
        """Return this process's part of a tensor, which is spread somehow or whole everywhere."""
        if isinstance(value, DTensor) and value.device_mesh != self.mesh:
            value = value.full_tensor()
        if not isinstance(value, DTensor):
            value = DTensor.from_local(value, self.mesh, self._replicated(), run_check=False)
        wanted = self.placements if value.shape == self._whole else self._replicated()
        own: torch.Tensor = value.redistribute(placements=wanted).to_local()
        return own

    def _replicated(self) -> list[Placement]:
        return [Replicate()] * self.mesh.ndim

    @staticmethod
    def adding_up(tables: Sequence[Sequence[Sharding | None]]) -> AddingUp:
        """Return what makes sums over parts sums over whole tensors.

        Args:
            tables: For each table, how the tensors of its rows are spread; None: not at all.
        """
        return AddingUp(tables)


class AddingUp:
    """Adds up what the processes measured of their parts; each gets the same numbers, bit for bit.

    Every process must call it in every step with tables of the same rows.

    Args:
        tables: For each table, how the tensors of its rows are spread; None: not at all.
    """

    def __init__(self, tables: Sequence[Sequence[Sharding | None]]) -> None:
        self._rows = [len(table) for table in tables]
        meshes = dict.fromkeys(s.mesh for table in tables for s in table if s is not None)
        self._groups = [
            (mesh, dim, [np.array([_is_cut(s, mesh, dim) for s in table]) for table in tables])
            for mesh in meshes
            for dim in range(mesh.ndim)
            if mesh.size(dim) > 1
        ]

    def __call__(
        self, sums: Sequence[Floats], bad: Sequence[Sequence[int]]
    ) -> tuple[list[Floats], list[list[int]]]:
        """Return sums over whole tensors, and the rows that are bad in any process.

        Args:
            sums: For each table, sums over this process's parts, shape (measures, rows).
            bad: For each table, rows with a gradient that is not finite here.
        """
        blocks = []
        for held, rows, count in zip(sums, bad, self._rows, strict=True):
            block = np.zeros((len(held) + 1, count))
            block[:-1] = held
            block[-1, list(rows)] = 1
            blocks.append(block)
        flat = np.concatenate([block.ravel() for block in blocks])
        for mesh, dim, cut in self._groups:
            added = np.concatenate([
                _where_added(block, rows).ravel() for block, rows in zip(blocks, cut, strict=True)
            ])  # fmt: skip
            flat = np.where(added, _gathered(flat, mesh, dim).sum(0), flat)
        ends = np.cumsum([block.size for block in blocks])[:-1]
        parts = np.split(flat, ends)
        done = [part.reshape(block.shape) for part, block in zip(parts, blocks, strict=True)]
        return [b[:-1] for b in done], [np.flatnonzero(b[-1]).tolist() for b in done]


def _is_cut(sharding: Sharding | None, mesh: DeviceMesh, dim: int) -> bool:
    """Whether the processes along a dimension of a mesh hold different parts of a tensor."""
    if sharding is None or sharding.mesh != mesh:
        return False
    return not sharding.placements[dim].is_replicate()


def _where_added(block: Floats, cut: Any) -> Any:
    """Return which numbers are added up: sums of what is cut, and bad rows in any case."""
    found = np.broadcast_to(cut, block.shape).copy()
    found[-1] = True
    return found


def _gathered(values: Floats, mesh: DeviceMesh, dim: int) -> Floats:
    """Return the values of every process along a dimension, shape (processes, values).

    They are gathered, not reduced: in which order a reduction adds is its own affair, and processes
    that hold the same must stay the same to the last bit.
    """
    own = torch.from_numpy(values).to(mesh.device_type)
    found = [torch.empty_like(own) for _ in range(mesh.size(dim))]
    distributed.all_gather(found, own, group=mesh.get_group(dim))
    return torch.stack(found).cpu().numpy()
