"""StandardUpdater: a batch, the loss, the gradients, the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from catenary import backend
from catenary.dataset import concat_examples
from catenary.training._updater import Updater
from catenary.training.batches import apply, convert
from catenary.training.targets import (
    is_module,
    report_loss,
    send_target,
    serialize_target,
    tensors_of,
)
from catenary.training.updaters.torch_optimizer import TorchOptimizer

__all__ = ["StandardUpdater"]


class StandardUpdater(Updater):
    """The updater for one model: ``optimizer.update(loss_func, *converter(iterator.next()))``.

    With more iterators or optimizers, given as dictionaries, a subclass overrides
    :meth:`update_core`; everything else takes care of all of them.

    Torch models are trained alike, by an optimizer of `catenary.optimizers` set up with the module,
    or by one of `catenary.optim` or ``torch.optim``. A module gets its batch in
    tensors on its own device, 32-bit integers as 64-bit ones; what `loss_func`, or else the module,
    returns is the loss, and is observed as ``main/loss`` unless they report that themselves.

    Args:
        iterator: Iterator over the training data, called ``"main"``, or a dictionary of iterators.
        optimizer: Optimizer, called ``"main"``, or a dictionary of optimizers.
        converter: What makes arrays of a batch.
        device: Where to send the models, and the batches unless `input_device` says otherwise; None
            leaves them.
        loss_func: What to minimize; the optimizer's target by default.
        loss_scale: Factor by which losses are multiplied before `backward`, for 16-bit gradients.
        auto_new_epoch: Whether to call ``optimizer.new_epoch`` after each sweep.
        input_device: Where to send the batches.
        model: The module that an optimizer of torch.optim trains; a dictionary by the optimizers'
            names where they are several. By default the optimizer's attribute ``target``, the
            module that one of `catenary.optim` was made from, or `loss_func`.

    Attributes:
        iteration: Updates so far.

    Raises:
        TargetError: If an optimizer of torch.optim comes without its model.
        TypeError: If an iterator is a torch DataLoader.
    """

    def __init__(
        self,
        iterator: Any,
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        device: Any = None,
        loss_func: Callable[..., Any] | None = None,
        loss_scale: float | None = None,
        auto_new_epoch: bool = True,
        *,
        input_device: Any = None,
        model: Any = None,
    ) -> None:
        self._iterators = _by_name(iterator)
        for name, each in self._iterators.items():
            _check_iterator(name, each)
        models = _by_name(model)
        self._optimizers = {
            name: _with_target(each, models.get(name), loss_func)
            for name, each in _by_name(optimizer).items()
        }
        self._device = None if device is None else backend.get_device(device)
        input_device = self._device if input_device is None else backend.get_device(input_device)
        self._input_device = input_device
        self.converter = converter
        self.loss_func = loss_func
        self.loss_scale = loss_scale
        self.auto_new_epoch = auto_new_epoch
        self.iteration = 0
        for each in self._optimizers.values():
            if self._device is not None:
                send_target(each.target, self._device)
            if loss_scale is not None:
                each.set_loss_scale(loss_scale)
            if auto_new_epoch:
                each.use_auto_new_epoch = True

    @property
    def device(self) -> Any:
        """Device of the models, None if they were left where they were."""
        return self._device

    @property
    def input_device(self) -> Any:
        """Device that batches are sent to, None if they are left where they are."""
        return self._input_device

    @property
    def epoch(self) -> int:
        """Completed sweeps of the main iterator."""
        return self._iterators["main"].epoch  # type: ignore[no-any-return]

    @property
    def epoch_detail(self) -> float:
        """Completed sweeps of the main iterator, with the fraction of the one under way."""
        return self._iterators["main"].epoch_detail  # type: ignore[no-any-return]

    @property
    def previous_epoch_detail(self) -> float | None:
        """`epoch_detail` before the last batch."""
        return self._iterators["main"].previous_epoch_detail  # type: ignore[no-any-return]

    @property
    def is_new_epoch(self) -> bool:
        """Whether the last batch completed a sweep."""
        return self._iterators["main"].is_new_epoch  # type: ignore[no-any-return]

    def finalize(self) -> None:
        """Finalize all iterators."""
        for iterator in self._iterators.values():
            iterator.finalize()

    def get_optimizer(self, name: str) -> Any:
        """Return the optimizer called `name`; KeyError if there is none."""
        return self._optimizers[name]

    def get_all_optimizers(self) -> dict[str, Any]:
        """Return all optimizers by name."""
        return dict(self._optimizers)

    def get_iterator(self, name: str) -> Any:
        """Return the iterator called `name`; KeyError if there is none."""
        return self._iterators[name]

    def update(self) -> None:
        """Update the parameters once, and count it."""
        self.update_core()
        self.iteration += 1

    def update_core(self) -> None:
        """Take a batch of the main iterator and update the main optimizer's target."""
        iterator, optimizer = self._iterators["main"], self._optimizers["main"]
        batch = convert(self.converter, _next_batch(iterator), self._input_device)
        target = optimizer.target
        loss_func = target if self.loss_func is None else self.loss_func
        if is_module(target):
            loss = apply(optimizer.update, tensors_of(batch, target), loss_func)
            if isinstance(loss, torch.Tensor):
                report_loss(loss, target)
        else:
            apply(optimizer.update, batch, loss_func)
        if self.auto_new_epoch and iterator.is_new_epoch:
            optimizer.new_epoch(auto=True)

    def serialize(self, serializer: Any) -> None:
        """Save or load iterators, optimizers, their targets, and the count of updates."""
        for name, iterator in self._iterators.items():
            iterator.serialize(serializer[f"iterator:{name}"])
        for name, optimizer in self._optimizers.items():
            optimizer.serialize(serializer[f"optimizer:{name}"])
            serialize_target(optimizer.target, serializer[f"model:{name}"])
        self.iteration = serializer("iteration", self.iteration)


def _check_iterator(name: str, iterator: Any) -> None:
    if isinstance(iterator, torch.utils.data.DataLoader):
        raise TypeError(
            f"iterator {name!r} is a DataLoader, which knows no epochs and cannot be resumed. Give "
            f"its dataset to an iterator of catenary: SerialIterator(loader.dataset, batch_size), "
            f"or MultiprocessIterator, which has workers."
        )


def _next_batch(iterator: Any) -> Any:
    kind = type(iterator).__name__
    try:
        return iterator.next()
    except StopIteration:
        raise StopIteration(
            f"the {kind} has ended, and training goes on; make it with repeat=True, the default"
        ) from None
    except AttributeError:
        if hasattr(iterator, "next"):
            raise
        raise TypeError(
            f"an updater takes its batches of an iterator, and {kind} is none (it has no `next`). "
            f"Is it a dataset? Write SerialIterator(dataset, batch_size)."
        ) from None


def _by_name(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    return given if isinstance(given, dict) else {"main": given}


def _with_target(optimizer: Any, model: Any, loss_func: Any) -> Any:
    """Return an optimizer that has `update` and `target`, whatever library it is of."""
    if hasattr(optimizer, "update") or not hasattr(optimizer, "step"):
        return optimizer
    # catenary.optim's optimizers keep the module that they were made from.
    known = (model, getattr(optimizer, "target", None), getattr(optimizer, "_module", None))
    given = [target for target in known if target is not None]
    return TorchOptimizer(optimizer, given[0] if given else loss_func)
