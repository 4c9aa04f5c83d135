"""Checkpoints of torch optimizers as safetensors: arrays by the parameters' names, words beside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from catenary.errors import SnapshotError, StateError
from catenary.serializers.atomic import replacing

__all__ = ["load_safetensors", "save_safetensors"]

_GROUPS = "param_groups"


def save_safetensors(path: str | os.PathLike[str], optimizer: Any) -> None:
    """Write an optimizer's state to a safetensors file, atomically.

    The state array ``exp_avg`` of the parameter ``0.weight`` is stored as ``0.weight.exp_avg``; the
    groups, with their hyperparameters and names, are JSON in the file's metadata. Any torch
    optimizer that knows its parameters' names can be saved.

    Args:
        path: File to create or replace.
        optimizer: Made from a module or from ``named_parameters()``.

    Raises:
        StateError: If it knows no names, or a group holds what JSON cannot.
        OSError: If the file cannot be written; an old one is then as it was.
    """
    import safetensors.torch

    state_dict = optimizer.state_dict()
    names = _names(state_dict)
    tensors = {
        f"{names[key]}.{slot}": value.contiguous()
        for key, state in state_dict["state"].items()
        for slot, value in state.items()
    }
    groups = [_as_json(group) for group in state_dict[_GROUPS]]
    content = safetensors.torch.save(tensors, {_GROUPS: json.dumps(groups)})
    with replacing(path) as stream:
        stream.write(content)


def load_safetensors(
    path: str | os.PathLike[str],
    optimizer: Any,
    *,
    strict: bool = True,
    keep: Iterable[str] = (),
) -> Any:
    """Load what :func:`save_safetensors` wrote into an optimizer of `catenary.optim`.

    Args:
        path: The file.
        optimizer: What takes it over, matched by name.
        strict: Whether anything that does not fit is an error; otherwise it is passed over.
        keep: Hyperparameters that stay as they are in the optimizer, such as ``("lr",)``.

    Returns:
        What did not fit, as ``optimizer.load_state_dict`` reports it.

    Raises:
        SnapshotError: If the file is damaged, or holds no optimizer.
        StateError: If it does not fit; nothing was changed.
    """
    import safetensors

    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    except safetensors.SafetensorError as error:
        raise SnapshotError(f"{os.fspath(path)} is damaged: {error}") from error
    if _GROUPS not in metadata:
        raise SnapshotError(
            f"{os.fspath(path)} holds no optimizer: its metadata lacks {_GROUPS!r}. "
            f"Is it a model's?"
        )
    groups = json.loads(metadata[_GROUPS])
    state: dict[str, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        param, _, slot = name.rpartition(".")
        state.setdefault(param, {})[slot] = tensor
    for group in groups:
        group.update({k: tuple(v) for k, v in group.items() if isinstance(v, list)})
        group["params"] = group["param_names"] = list(group["params"])
    return optimizer.load_state_dict({"state": state, _GROUPS: groups}, strict=strict, keep=keep)


def _names(state_dict: Mapping[str, Any]) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for group in state_dict[_GROUPS]:
        if "param_names" not in group:
            raise StateError(
                "a safetensors file is keyed by parameters' names, and this optimizer knows none; "
                "make it from the module or from named_parameters()."
            )
        found.update(zip(group["params"], group["param_names"], strict=True))
    return found


def _as_json(group: Mapping[str, Any]) -> dict[str, Any]:
    found = {k: v for k, v in group.items() if k not in ("params", "param_names")}
    for key, value in found.items():
        found[key] = value.item() if hasattr(value, "item") else value
        try:
            json.dumps(found[key])
        except TypeError:
            raise StateError(
                f"a group holds {key}={value!r}, which cannot be stored in a safetensors file's "
                f"metadata; take it out of param_groups before saving."
            ) from None
    return {**found, "params": group["param_names"]}
