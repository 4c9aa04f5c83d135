"""What an optimizer asks of the thing that it optimizes.

The machinery imports neither links nor torch modules: it works on whatever offers this protocol. A
    Link
offers it itself; other targets are seen through a view that a room above provides.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import torch

from catenary.errors import LossError, TargetError

__all__ = ["LinkView", "Param", "Target", "view_of"]


@runtime_checkable
class Param(Protocol):
    """One parameter: an array with a gradient and a rule (``catenary.Parameter`` is one)."""

    name: str | None
    update_rule: Any
    _loss_scale: float | None
    _scale_spent: bool

    @property
    def array(self) -> Any: ...
    @property
    def grad(self) -> Any: ...
    @property
    def tensor(self) -> torch.Tensor: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def shape(self) -> tuple[int, ...] | None: ...
    @property
    def is_initialized(self) -> bool: ...
    def unscale_grad(self) -> None: ...
    def update(self) -> None: ...
    def cast_copy(self, dtype: Any) -> Any: ...


class Target(Protocol):
    """Parameters by path, and what a step needs to do with all of them.

    Attributes:
        announces_changes: Whether replacing an array, casting or moving is announced
            (:mod:`catenary.changes`); where it is not, a step looks for itself.
    """

    @property
    def announces_changes(self) -> bool: ...
    def params(self, include_uninit: bool = True) -> Iterator[Any]: ...
    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Any]]: ...
    def cleargrads(self) -> None: ...
    def zerograds(self) -> None: ...
    def check_loss(self, loss: Any) -> None: ...
    def backward(self, loss: Any, loss_scale: float | None) -> None: ...
    def takes_part(self, param: Any) -> bool: ...
    def loss_scales(self, params: Sequence[Any]) -> set[float | None]: ...
    def tensors_within(self, kinds: Any) -> set[int]: ...
    def fill_missing_grads(self) -> None: ...
    def written(self, changed: Sequence[torch.Tensor]) -> None: ...


class LinkView:
    """A Link, or anything with its ``params``, ``namedparams`` and ``cleargrads``, as a target."""

    announces_changes = True

    def __init__(self, link: Any) -> None:
        self.params = link.params
        self.namedparams = link.namedparams
        self.cleargrads = link.cleargrads
        self._link = link

    def zerograds(self) -> None:
        """Fill every gradient with zeros."""
        self.cleargrads()
        self.fill_missing_grads()

    def check_loss(self, loss: Any) -> None:
        """Raise LossError unless `loss` is a Variable that ``backward`` can start from."""
        if not hasattr(loss, "backward") or not hasattr(loss, "array"):
            raise LossError(
                f"the loss function returned {_described(loss)}; a Link is trained with a scalar "
                f"Variable. Return the loss itself, computed with catenary.functions."
            )
        if loss.size != 1 and loss.grad is None:
            raise LossError(
                f"the loss function returned a Variable of shape {loss.shape}; a loss is one "
                "number. "
                f"Reduce it, for example with F.sum(loss) or F.mean(loss)."
            )

    def backward(self, loss: Any, loss_scale: float | None) -> None:
        """Accumulate gradients of `loss` into the parameters."""
        loss.backward(loss_scale=loss_scale)

    def takes_part(self, param: Any) -> bool:
        """Return whether a step updates `param`: always, as in Chainer."""
        return True

    def loss_scales(self, params: Sequence[Any]) -> set[float | None]:
        """Return the scales that gradients have; None stands for a gradient without one."""
        return {param._loss_scale for param in params} or {None}

    def tensors_within(self, kinds: Any) -> set[int]:
        """Return the ids of the tensors of all links of some classes."""
        inside = [link for link in self._link.links() if isinstance(link, kinds)]
        return {id(param.tensor) for link in inside for param in link.params(False)}

    def fill_missing_grads(self) -> None:
        """Make a missing gradient zeros, as Chainer does."""
        for param in self.params(False):
            held = param.tensor
            if held.grad is None:
                held.grad = torch.zeros_like(held.detach())

    def written(self, changed: Sequence[torch.Tensor]) -> None:
        """Nothing to announce: programs step a Link through live graphs on purpose."""


# Rooms above this one that know how to see a foreign target, by the class that they see. They are
# named, not imported: the machinery loads one only when such a target comes.
_VIEWS = {"torch.nn.modules.module.Module": "catenary.bridge"}


def view_of(target: Any) -> Target:
    """Return `target` as the protocol that the machinery works on.

    Raises:
        TargetError: If it is nothing that holds parameters.
    """
    if callable(getattr(target, "takes_part", None)):
        return target  # type: ignore[no-any-return]
    needed = ("params", "namedparams", "cleargrads")
    if not isinstance(target, type) and all(callable(getattr(target, n, None)) for n in needed):
        _warn_of_unregistered(target)
        return LinkView(target)
    for base in type(target).__mro__:
        room = _VIEWS.get(f"{base.__module__}.{base.__qualname__}")
        if room is not None:
            return importlib.import_module(room).view_of(target)  # type: ignore[no-any-return]
    way_out = (
        "An optimizer is set up with the model: setup(model), not with its parameters."
        if isinstance(target, (list, tuple, Iterator))
        else "Call it on an instance: setup(Model()), not setup(Model)."
        if isinstance(target, type)
        else "Give a catenary.Link or a torch.nn.Module."
    )
    raise TargetError(f"setup() got {_described(target)}, which holds no parameters. {way_out}")


def _warn_of_unregistered(link: Any) -> None:
    """Warn where a link has no parameters, but attributes that have some: nothing would learn."""
    if next(iter(link.params()), None) is not None:
        return
    forgotten = [name for name, value in getattr(link, "__dict__", {}).items() if _learns(value)]
    if forgotten:
        kind = type(link).__name__
        warnings.warn(
            f"{kind} has no parameters, so nothing will be updated: {', '.join(forgotten)} of it "
            f"{'is' if len(forgotten) == 1 else 'are'} not registered. Assign links inside of "
            f"`with self.init_scope():`, and a list of them as a ChainList or Sequential.",
            UserWarning,
            stacklevel=5,
        )


def _learns(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_learns(each) for each in value)
    params = getattr(value, "params", None)
    return callable(params) and hasattr(value, "namedparams") and any(True for _ in params())


def _described(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
