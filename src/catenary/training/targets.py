"""Links and torch modules, seen alike: what a training loop asks of either."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

from catenary.config import using_config
from catenary.reporter import Reporter, get_current_reporter
from catenary.variable import no_backprop_mode

__all__ = [
    "evaluating",
    "is_module",
    "named_parts",
    "observe",
    "report_loss",
    "send_target",
    "serialize_target",
    "tensors_of",
    "without_graph",
]

_WIDER = {torch.bfloat16: torch.float32}  # what NumPy lacks, as something that holds it exactly


def is_module(target: Any) -> bool:
    """Return whether a target is a torch module."""
    return isinstance(target, torch.nn.Module)


def named_parts(target: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a target below it, with paths such as ``"/predictor/l1"``."""
    if is_module(target):
        for name, module in target.named_modules():
            if name:
                yield "/" + name.replace(".", "/"), module
    elif hasattr(target, "namedlinks"):
        yield from target.namedlinks(skipself=True)


def observe(reporter: Reporter, name: str, target: Any) -> None:
    """Let a target and its parts report under `name`."""
    reporter.add_observer(name, target)
    reporter.add_observers(name, named_parts(target))


def report_loss(loss: torch.Tensor, target: Any) -> None:
    """Report a loss as the target's, if there is a reporter that knows it and has none yet."""
    try:
        reporter = get_current_reporter()
    except IndexError:
        return
    name = reporter._observer_names.get(id(target))
    if name is not None:
        reporter.observation.setdefault(f"{name}/loss", loss.detach())


@contextlib.contextmanager
def evaluating(targets: Iterable[Any]) -> Iterator[None]:
    """Set ``config.train``, and ``training`` of modules, to False for the length of a block."""
    modules = [part for target in targets if is_module(target) for part in target.modules()]
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        with using_config("train", False):
            yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training


@contextlib.contextmanager
def without_graph() -> Iterator[None]:
    """Record nothing for `backward`, neither here nor in torch, for the length of a block."""
    with no_backprop_mode(), torch.no_grad():
        yield


def send_target(target: Any, device: Any) -> None:
    """Send a target to a :class:`catenary.backend.Device`."""
    if is_module(target):
        target.to(device.torch_device)
    else:
        target.to_device(device)


def serialize_target(target: Any, serializer: Any) -> None:
    """Save or load a target; a module's parameters and buffers by their paths."""
    if not is_module(target):
        target.serialize(serializer)
        return
    for name, tensor in target.state_dict().items():
        if isinstance(tensor, torch.Tensor):
            serialize_tensor(serializer, name.replace(".", "/"), tensor)


def serialize_tensor(serializer: Any, key: str, tensor: torch.Tensor) -> None:
    """Save a tensor, or load into it."""
    held = tensor.detach()
    array = held.to("cpu", _WIDER.get(held.dtype, held.dtype)).numpy()
    loaded = serializer(key, array)
    if not getattr(serializer, "checking", False) and isinstance(loaded, np.ndarray):
        held.copy_(torch.from_numpy(loaded))


def tensors_of(arrays: Any, target: Any) -> Any:
    """Return a batch, as a converter made it, in tensors where the target's parameters are.

    Integers of 32 bits, Chainer's labels, become integers of 64 bits, torch's.
    """
    if isinstance(arrays, tuple):
        return tuple(tensors_of(array, target) for array in arrays)
    if isinstance(arrays, dict):
        return {key: tensors_of(array, target) for key, array in arrays.items()}
    if not isinstance(arrays, (np.ndarray, torch.Tensor)):
        return arrays
    tensor = torch.as_tensor(arrays)
    first = next(target.parameters(), None)
    if tensor.dtype == torch.int32:
        tensor = tensor.long()
    return tensor if first is None else tensor.to(first.device)
