"""A ``torch.nn.Module`` as a target."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from catenary.optimizer.torch_target import TorchTarget
from catenary.variable import Parameter

__all__ = ["ModuleView", "view_of"]


class ModuleView(TorchTarget):
    """A module's parameters, each as a :class:`catenary.Parameter` on the same memory.

    A shared parameter appears once, under its first name; a lazy one appears once it has a shape. A
    parameter that is frozen or has no gradient is left alone, as torch's optimizers do.

    Args:
        module: The module. Parameters that it has now are seen; call `setup` again after adding
            some.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__(module)
        self._params = {
            "/" + name.replace(".", "/"): Parameter.from_tensor(tensor, name.rpartition(".")[2])
            for name, tensor in module.named_parameters()
        }

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Yield (path, parameter); ``0.weight`` has the path ``/0/weight``."""
        for path, param in self._params.items():
            if include_uninit or not _is_lazy(param.tensor):
                yield path, param


def view_of(module: torch.nn.Module) -> ModuleView:
    """Return the target that `optimizer` sees in a module."""
    return ModuleView(module)


def _is_lazy(tensor: torch.Tensor) -> bool:
    return isinstance(tensor, torch.nn.parameter.UninitializedParameter)
