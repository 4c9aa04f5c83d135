"""TorchOptimizer: one of torch.optim's optimizers, with the face that a training loop asks for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch

from catenary.config import config
from catenary.errors import SnapshotError, TargetError
from catenary.optimizer.torch_target import TorchTarget
from catenary.serializer import Serializer

__all__ = ["TorchOptimizer"]

_OWN = ("optimizer", "target", "t", "epoch", "use_auto_new_epoch")
_WIDER = {torch.bfloat16: torch.float32}  # what NumPy lacks, as something that holds it exactly


class TorchOptimizer:
    """An optimizer with ``zero_grad`` and ``step``, and the module that it trains.

    :class:`StandardUpdater` makes one of every such optimizer it is given. Hyperparameters (``lr``,
    ``momentum``, ...) read as those of the first parameter group and are written to all groups, so
    that `observe_lr` and the schedules work.

    Args:
        optimizer: For instance a ``torch.optim.SGD``.
        target: The module whose parameters it has.

    Attributes:
        optimizer: The optimizer.
        target: The module.
        t: Updates so far.
        epoch: Epochs counted by :meth:`new_epoch`.
    """

    def __init__(self, optimizer: Any, target: Any) -> None:
        if not isinstance(target, torch.nn.Module):
            raise TargetError(
                f"{type(optimizer).__name__} does not know the model that it trains; give it: "
                "StandardUpdater(iterator, optimizer, model=model)"
            )
        self.optimizer = optimizer
        self.target = target
        self.t = 0
        self.epoch = 0
        self.use_auto_new_epoch = False

    def update(self, lossfun: Any, *args: Any, **kwds: Any) -> Any:
        """Clear gradients, compute the loss, differentiate, step; return the loss.

        Raises:
            LossError: If `lossfun` returned no scalar to differentiate.
        """
        self.optimizer.zero_grad()
        loss = lossfun(*args, **kwds)
        TorchTarget.check_loss(loss)
        loss.backward()
        self.optimizer.step()
        self.t += 1
        return loss

    def new_epoch(self, auto: bool = False) -> None:
        """Count one more epoch."""
        self.epoch += 1

    def set_loss_scale(self, loss_scale: float) -> None:
        """Refuse: torch's optimizers leave the scale to a scaler.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            f"{type(self.optimizer).__name__} knows no loss scale; use torch.amp.GradScaler in an "
            "update_core of your own, or an optimizer of catenary.optimizers"
        )

    def __getattr__(self, name: str) -> Any:
        if name in _OWN:  # not set yet: a copy or a pickle is being made
            raise AttributeError(name)
        groups = self.optimizer.param_groups
        return groups[0][name] if name in groups[0] else getattr(self.optimizer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN:
            super().__setattr__(name, value)
            return
        if name not in self.optimizer.param_groups[0]:
            raise AttributeError(f"{type(self.optimizer).__name__} has no hyperparameter {name!r}")
        for group in self.optimizer.param_groups:
            group[name] = value

    def serialize(self, serializer: Any) -> None:
        """Save or load `t`, `epoch`, the states and, as everywhere, the hyperparameters.

        Raises:
            SnapshotError: If the file is of an optimizer with other parameters.
        """
        self.t = serializer("t", self.t)
        self.epoch = serializer("epoch", self.epoch)
        if isinstance(serializer, Serializer):
            self._save(serializer)
        else:
            self._load(serializer)

    def _save(self, serializer: Any) -> None:
        held = self.optimizer.state_dict()
        dtypes: dict[str, dict[str, Any]] = {}
        for index, state in held["state"].items():
            dtypes[str(index)] = {}
            for name, value in state.items():
                tensor = torch.as_tensor(value)
                dtypes[str(index)][name] = (
                    str(tensor.dtype).removeprefix("torch.")
                    if isinstance(value, torch.Tensor)
                    else None
                )
                array = tensor.detach().to("cpu", _WIDER.get(tensor.dtype, tensor.dtype)).numpy()
                serializer["state"][str(index)](name, array)
        params = [group["params"] for group in held["param_groups"]]
        serializer("index", json.dumps({"dtypes": dtypes, "params": params}))
        serializer["hyperparam"]("groups", json.dumps(list(map(_plain, held["param_groups"]))))

    def _load(self, serializer: Any) -> None:
        held = self.optimizer.state_dict()
        groups = held["param_groups"]
        index = json.loads(serializer("index", "") or "null")
        if index is None:
            return
        if [group["params"] for group in groups] != index["params"]:
            raise SnapshotError(
                f"the file was saved from a {type(self.optimizer).__name__} with other parameters "
                "or groups"
            )
        state = {
            int(key): {
                name: _restored(serializer["state"][key](name, None), dtype)
                for name, dtype in dtypes.items()
            }
            for key, dtypes in index["dtypes"].items()
        }
        saved = json.loads(serializer["hyperparam"]("groups", "") or "null")
        if getattr(serializer, "checking", False):
            return
        if config.restore_hyperparams and saved is not None:
            for group, values in zip(groups, saved, strict=True):
                group.update({k: _typed(v, group.get(k)) for k, v in values.items()})
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})


def _plain(group: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters of a group as JSON holds them."""
    return {
        name: value.item() if isinstance(value, (torch.Tensor, np.generic)) else value
        for name, value in group.items()
        if name != "params"
    }


def _typed(value: Any, like: Any) -> Any:
    """Return a hyperparameter from JSON in the type that it had."""
    if isinstance(like, torch.Tensor):
        return torch.as_tensor(value, dtype=like.dtype, device=like.device)
    return tuple(value) if isinstance(like, tuple) else value


def _restored(array: Any, dtype: str | None) -> Any:
    if dtype is None:
        return array.item()
    return torch.from_numpy(array).to(getattr(torch, dtype))
