"""What all targets have in common whose parameters are torch's own."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from catenary import changes
from catenary.errors import LossError, SelectionError

__all__ = ["TorchTarget"]


class TorchTarget(ABC):
    """Torch tensors by path; a subclass says which.

    A parameter that is frozen or has no gradient is left alone, as torch's optimizers leave what
    has no gradient.

    Args:
        module: The module that the tensors belong to; None where it is not known.
    """

    announces_changes = False

    def __init__(self, module: torch.nn.Module | None) -> None:
        self._module = module

    @abstractmethod
    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Any]]:
        """Yield (path, parameter)."""

    def params(self, include_uninit: bool = True) -> Iterator[Any]:
        """Yield every parameter."""
        for _, param in self.namedparams(include_uninit):
            yield param

    def cleargrads(self) -> None:
        """Forget every gradient."""
        for param in self.params():
            param.tensor.grad = None

    def zerograds(self) -> None:
        """Fill every gradient that is there with zeros, in place."""
        for param in self.params(False):
            if param.tensor.grad is not None:
                param.tensor.grad.zero_()

    @staticmethod
    def check_loss(loss: Any) -> None:
        """Raise LossError unless `loss` is a scalar tensor that depends on parameters."""
        if not isinstance(loss, torch.Tensor):
            raise LossError(
                f"the loss function returned a {type(loss).__name__}; torch parameters are trained "
                f"with a scalar torch.Tensor."
            )
        if loss.numel() != 1:
            raise LossError(
                f"the loss function returned a tensor of shape {tuple(loss.shape)}; a loss is one "
                f"number. Reduce it, for example with loss.mean()."
            )
        if not loss.requires_grad:
            raise LossError(
                "the loss does not depend on any parameter that requires a gradient; was it "
                "computed under torch.no_grad(), or detached?"
            )

    def backward(self, loss: torch.Tensor, loss_scale: float | None) -> None:
        """Accumulate gradients, multiplied by `loss_scale`, and record the scale on each
        parameter.
        """
        (loss if loss_scale is None else loss * loss_scale).backward()  # type: ignore[no-untyped-call]
        for param in self.params(False):
            param.note_scale(loss_scale if param.tensor.grad is not None else None)

    def takes_part(self, param: Any) -> bool:
        """Return whether a step updates `param`: it has a gradient and is not frozen."""
        return bool(param.tensor.requires_grad) and param.tensor.grad is not None

    def loss_scales(self, params: Sequence[Any]) -> set[float | None]:
        """Return the scales that gradients have; None stands for a gradient without one."""
        if not changes.scales.in_use:
            return {None}
        return {param._loss_scale for param in params} or {None}

    def tensors_within(self, kinds: Any) -> set[int]:
        """Return the ids of the tensors that lie in modules of some classes.

        Raises:
            SelectionError: If the module is not known.
        """
        if self._module is None:
            raise SelectionError(
                f"within={kinds!r} needs the module, and this optimizer was given parameters only: "
                f"write AdamW(model, ...), not AdamW(model.parameters(), ...)."
            )
        inside = [found for found in self._module.modules() if isinstance(found, kinds)]
        return {id(tensor) for found in inside for tensor in found.parameters()}

    def fill_missing_grads(self) -> None:
        """Nothing: in torch, no gradient means no update."""

    def written(self, changed: Sequence[torch.Tensor]) -> None:
        """Tell autograd that tensors changed, so that a stale graph is an error and no wrong
        number.
        """
        if not changed:
            self._tell_of_rest()
        torch.autograd.graph.increment_version(changed)

    def _tell_of_rest(self) -> None:
        """Warn if nothing moves although there are gradients: who computes them by hand, as in
        evolution strategies or with `torch.func`, may think of `requires_grad` last.
        """
        resting = [path for path, param in self.namedparams(False) if param.tensor.grad is not None]
        if resting and not any(map(self.takes_part, self.params(False))):
            more = ", ..." if len(resting) > 3 else ""
            warnings.warn(
                f"nothing was updated: {', '.join(resting[:3])}{more} have gradients, but rest as "
                f"frozen ones do, since their requires_grad is False. Call requires_grad_() on "
                f"them, also where gradients are computed by hand.",
                UserWarning,
                stacklevel=2,
            )
