"""``optimizer.state`` in torch's names: a view of what the rules hold."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

import numpy as np
import torch

from catenary import changes
from catenary.backends.memory import array_of, tensor_of
from catenary.errors import StateError
from catenary.optim.param_groups import ParamGroups
from catenary.optim.shown_numbers import STEP, ShownNumbers
from catenary.optim.tensor_param import TensorParam
from catenary.optimizer.declared_rule import DeclaredRule
from catenary.optimizer.keeping import HALF_DTYPES
from catenary.optimizer.update_rule import Clock

__all__ = [
    "StateView",
    "as_float32",
    "as_tensors",
    "check_state",
    "portable",
    "read_state",
    "write_state",
]

Shape = tuple[int, ...]
AVERAGE, MASTER, LOW = "averaged_param", "master_param", "compensation"


def read_state(param: TensorParam) -> dict[str, Any]:
    """Return a parameter's state, on the rule's own memory, and what programs added to it.

    The rule's part is empty before its first update.
    """
    rule = param.update_rule
    if rule.state is None:
        return dict(param.beside)
    found: dict[str, Any] = {}
    shapes = rule.shapes(param.shape)
    # What chance decides depends on the step.
    if rule.counts_steps or (rule._storage == "stochastic" and param.dtype == torch.bfloat16):
        found[STEP] = torch.tensor(float(rule.t))
    for name, declared in rule.slots.items():
        if declared.key in rule.state:
            held = _as_tensor(rule.state[declared.key])
            found[declared.key] = param.shown(held, shapes[name])
        elif declared.scalar:
            found[declared.key] = torch.tensor(rule.value(name), dtype=torch.float64)
    if rule._fp32_param is not None:
        found[MASTER] = param.shown(rule._fp32_param.tensor, param.shape)
    if rule._compensation is not None:
        found[LOW] = param.shown(rule._compensation, param.shape)
    if rule._average is not None:
        found[AVERAGE] = param.shown(rule._average, param.shape)
    return {**found, **param.beside}


def _as_tensor(held: Any) -> torch.Tensor:
    return torch.from_numpy(held) if isinstance(held, np.ndarray) else tensor_of(held)


class _ByValue(NamedTuple):
    """A tensor on its way through a pickle, as a NumPy array."""

    held: Any


def portable(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state for pickling: with NumPy arrays, which go by value.

    A tensor goes to another process as a handle of its memory, and ours are made as they are read
    and gone before the handle is used.
    """
    plain = {key: value for key, value in state.items() if type(value) is torch.Tensor}
    return {**state, **{key: _ByValue(array_of(value)) for key, value in plain.items()}}


def as_tensors(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state as it was before :func:`portable`."""
    return {
        key: _as_tensor(value.held) if isinstance(value, _ByValue) else value
        for key, value in state.items()
    }


def as_float32(state: Mapping[str, Any], rule: DeclaredRule) -> dict[str, Any]:
    """Return a state as that of a float32 parameter which is updated by the same rule."""
    apart = {MASTER, LOW} if rule.counts_steps else {MASTER, LOW, STEP}
    return {
        key: value.float() if getattr(value, "dtype", None) in HALF_DTYPES else value
        for key, value in state.items()
        if key not in apart
    }


def check_state(
    rule: type[DeclaredRule], words: Mapping[str, Any], shape: Shape, values: Mapping[str, Any]
) -> list[str]:
    """Return what is wrong with a state that a parameter is offered; nothing is written.

    Args:
        rule: The class of the rule that would hold it.
        words: The rule's hyperparameters, which switch slots on and off.
        shape: The parameter's.
        values: The state; empty for a parameter that was not updated yet.
    """
    slots = {name: rule.slots[name] for name in rule.shapes(shape)}
    expected = {slots[name].key: own for name, own in rule.shapes(shape).items()}
    expected.update({MASTER: shape, LOW: shape, AVERAGE: shape})
    wrong = []
    for key, value in values.items():
        found = tuple(getattr(value, "shape", ()))
        if found != expected.get(key, found):
            wrong.append(f"{key!r} has shape {found} and must have {expected[key]}")
    if values:
        needed = {d.key for d in slots.values() if d.when is None or words.get(d.when)}
        wrong += [f"{key!r} is missing" for key in sorted(needed - values.keys())]
    return wrong


def write_state(param: TensorParam, values: Mapping[str, Any]) -> None:
    """Give a parameter's rule a state; without any it begins anew.

    What no rule knows is the program's own, and kept beside; None counts as nothing, as in the
    checkpoints of SGD without momentum that torch wrote for years.

    Raises:
        StateError: If an array does not have the parameter's shape; nothing is changed then.
    """
    rule = param.update_rule
    values = {key: value for key, value in values.items() if value is not None}
    words = {name: rule.value(name) for name in rule.specs}
    wrong = check_state(type(rule), words, param.shape, values)
    if wrong:
        raise StateError(f"the state offered to {param.name} does not fit: {'; '.join(wrong)}.")
    device = param.tensor.device
    arrays = {}
    numbers = {}
    for name, declared in rule.slots.items():
        if declared.key not in values:
            continue
        value = values[declared.key]
        if declared.scalar:
            numbers[name] = float(value)
        else:
            arrays[declared.key] = param.own_part(value.detach()).to(device, copy=True)
    known = _known(rule)
    held = param.beside
    param.beside = {
        key: value if value is held.get(key) else _copied(value, device)
        for key, value in values.items()
        if key not in known
    }
    rule._state = arrays if values.keys() & known else None
    # torch's SGD counts nothing: whoever has a buffer was updated before.
    t = int(values[STEP]) if STEP in values else int(bool(arrays))
    rule._clock = Clock(t, numbers)
    _write_beside(param, values)
    if AVERAGE in values:
        rule._average = param.own_part(values[AVERAGE].detach()).to(device, copy=True)
    changes.values()


def _known(rule: DeclaredRule | type[DeclaredRule]) -> set[str]:
    """Return the keys of a state that are the machinery's, whether a slot is switched on or off."""
    return {STEP, AVERAGE, MASTER, LOW, *(declared.key for declared in rule.slots.values())}


def _copied(value: Any, device: torch.device) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().to(device, copy=True)
    return copy.deepcopy(value)


def _write_beside(param: TensorParam, values: Mapping[str, Any]) -> None:
    """Take over what a state has beside the parameter, in the way in which it is kept here."""
    rule = param.update_rule
    rule._fp32_param = rule._compensation = None
    if rule._storage_of(param) not in ("master", "kahan"):
        return
    if MASTER in values:
        rule._fp32_param = param.cast_copy(torch.float32)
        rule._fp32_param.tensor.copy_(param.own_part(values[MASTER].detach()))
    elif LOW in values:
        low = param.own_part(values[LOW].detach())
        rule._compensation = torch.empty_like(param.tensor.detach(), dtype=low.dtype).copy_(low)
    rule._keep(param)


class _ParamState(dict[str, Any]):
    """One parameter's state; what is assigned or deleted reaches the rule.

    A key that no rule knows is the program's: what it assigns there is kept as it is. Numbers are
    heard in place too, until the next step. A copy is a plain dictionary.
    """

    def __init__(self, param: TensorParam, shown: ShownNumbers) -> None:
        shown.hear(param)
        super().__init__(shown.show(param, read_state(param)))
        self._param, self._shown = param, shown

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def __setitem__(self, key: str, value: Any) -> None:
        self._shown.hear(self._param)
        super().__setitem__(key, value)
        rule = self._param.update_rule
        if key not in _known(rule):
            self._param.beside[key] = value
            return
        shapes = rule.shapes(self._param.shape)
        needed = {d.key for name, d in rule.active_slots().items() if name in shapes}
        if needed <= self.keys():
            write_state(self._param, self)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        if self._param.beside.pop(key, self) is self:
            write_state(self._param, self._param.beside)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *values: Any, **named: Any) -> None:
        for key, value in dict(*values, **named).items():
            self[key] = value

    def pop(self, key: str, *default: Any) -> Any:
        if default and key not in self:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        super().clear()
        write_state(self._param, {})


class StateView(MutableMapping[torch.Tensor, dict[str, Any]]):
    """The states of an optimizer by tensor; only tensors that have one are listed.

    Args:
        view: The optimizer's tensors.
    """

    def __init__(self, view: ParamGroups) -> None:
        self._view = view

    def _param(self, tensor: torch.Tensor) -> TensorParam:
        found = self._view.of(tensor)
        if found is None:
            raise KeyError("that tensor is in none of the optimizer's groups")
        return found

    def __getitem__(self, tensor: torch.Tensor) -> dict[str, Any]:
        return _ParamState(self._param(tensor), self._view.shown)

    def __setitem__(self, tensor: torch.Tensor, values: Mapping[str, Any]) -> None:
        param = self._param(tensor)
        self._view.shown.hear(param)
        write_state(param, values)

    def __delitem__(self, tensor: torch.Tensor) -> None:
        write_state(self._param(tensor), {})

    def __contains__(self, tensor: object) -> bool:
        param = self._view.of(tensor) if isinstance(tensor, torch.Tensor) else None
        return param is not None and bool(read_state(param))

    def __iter__(self) -> Iterator[torch.Tensor]:
        for _, param in self._view.namedparams(False):
            if read_state(param):
                yield param.leaf

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"StateView({dict(self.items())!r})"
