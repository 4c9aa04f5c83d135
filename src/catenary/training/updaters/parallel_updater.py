"""ParallelUpdater: one batch, shared between copies of the model on several devices."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from catenary import backend
from catenary.dataset import concat_examples
from catenary.training.batches import apply, convert
from catenary.training.targets import is_module, observe
from catenary.training.updaters.standard_updater import StandardUpdater
from catenary.variable import force_backprop_mode

__all__ = ["ParallelUpdater"]


class ParallelUpdater(StandardUpdater):
    """Updater that lets several devices work on parts of each batch, in one process.

    Of n models, model i gets examples i, i + n, i + 2n, ... The gradients are added to those of the
    main model, that one is updated, and its parameters are copied to the others. Gradients are
    added and not averaged, as in Chainer.

    Args:
        iterator: Iterator over the training data, called ``"main"``, or a dictionary of iterators.
        optimizer: Optimizer, set up with the main model.
        converter: What makes arrays of a part of the batch.
        models: Dictionary of models; ``"main"`` is the optimizer's target. By default copies of
            that, one for each device.
        devices: Dictionary of devices, by the models' names.
        loss_func: What to minimize; by default each model itself.
        loss_scale: Factor by which losses are multiplied before `backward`.
        auto_new_epoch: Whether to call ``optimizer.new_epoch`` after each sweep.

    Raises:
        ValueError: If neither `models` nor `devices` is given.
        KeyError: If none of the devices is called ``"main"``.
        TypeError: If the optimizer's target is a torch module.
    """

    def __init__(
        self,
        iterator: Any,
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        models: dict[str, Any] | None = None,
        devices: dict[str, Any] | None = None,
        loss_func: Callable[..., Any] | None = None,
        loss_scale: float | None = None,
        auto_new_epoch: bool = True,
    ) -> None:
        super().__init__(
            iterator,
            optimizer,
            converter,
            loss_func=loss_func,
            loss_scale=loss_scale,
            auto_new_epoch=auto_new_epoch,
        )
        main = self.get_optimizer("main").target
        if is_module(main):
            raise TypeError(
                "ParallelUpdater trains Links; for a torch module use "
                "torch.nn.parallel.DistributedDataParallel, or a StandardUpdater on one device"
            )
        if models is None and devices is None:
            raise ValueError("ParallelUpdater needs `devices`, by name, or `models`, or both")
        self._devices = {
            name: None if device is None else backend.get_device(device)
            for name, device in (devices or dict.fromkeys(models or ())).items()
        }
        self._models = _copies(main, self._devices) if models is None else models

    def connect_trainer(self, trainer: Any) -> None:
        """Let the copies report under their names."""
        for name, model in self._others().items():
            observe(trainer.reporter, name, model)

    def _others(self) -> dict[str, Any]:
        main = self.get_optimizer("main").target
        return {name: model for name, model in self._models.items() if model is not main}

    def update_core(self) -> None:
        """Take a batch, compute gradients of its parts, add them, step, and copy parameters."""
        iterator, optimizer = self.get_iterator("main"), self.get_optimizer("main")
        batch = iterator.next()
        parts = {
            name: convert(self.converter, batch[index :: len(self._models)], self._devices[name])
            for index, name in enumerate(self._models)
            if index < len(batch)
        }
        for model in self._models.values():
            model.cleargrads()
        losses = [self._loss(name, part) for name, part in parts.items()]
        for model in self._models.values():  # once more: lazy parameters have come to be
            model.cleargrads()
        for loss in losses:
            loss.backward(loss_scale=self.loss_scale)
        for model in self._others().values():
            optimizer.target.addgrads(model)
        optimizer.update()
        for model in self._others().values():
            model.copyparams(optimizer.target)
        if self.auto_new_epoch and iterator.is_new_epoch:
            optimizer.new_epoch(auto=True)

    def _loss(self, name: str, part: Any) -> Any:
        model, device = self._models[name], self._devices[name]
        loss_func = model if self.loss_func is None else self.loss_func
        with (
            force_backprop_mode(),
            backend.using_device(model.device if device is None else device),
        ):
            return apply(loss_func, part)


def _copies(main: Any, devices: dict[str, Any]) -> dict[str, Any]:
    """Return `main` and copies of it, each on its device."""
    if "main" not in devices:
        raise KeyError(f"one of the devices must be called 'main'; there is {', '.join(devices)}")
    models = {"main": main}
    for name, device in devices.items():
        if name != "main":
            models[name] = copy.deepcopy(main).to_device(device)
    if devices["main"] is not None:
        main.to_device(devices["main"])
    return models
