"""How one parameter is updated: the base of every rule, and of rules written the classic way."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from catenary import changes
from catenary.backends.memory import array_of
from catenary.config import config
from catenary.optimizer.hookable import Hook, Hookable
from catenary.optimizer.hyperparameter import Hyperparameter
from catenary.optimizer.keeping import Keeping
from catenary.optimizer.state import (
    Announced,
    exchange,
    is_reading,
    narrowed,
    read_optional,
)

__all__ = ["Clock", "UpdateRule"]


class Clock:
    """A count of updates, and the numbers that change with it.

    Attributes:
        t: The count.
        numbers: Slots that are one number for all elements, by name.
        shared: Whether a plan counts on it for all the rules that are updated together.
    """

    __slots__ = ("numbers", "shared", "t")

    def __init__(
        self, t: int, numbers: Mapping[str, float] | None = None, *, shared: bool = False
    ) -> None:
        self.t = t
        self.numbers = dict(numbers or {})
        self.shared = shared


class UpdateRule(Keeping):
    """Base class of all update rules.

    A rule holds the state of one parameter and knows how to update it. A rule written in NumPy
    overrides :meth:`init_state` and :meth:`update_core` (or :meth:`update_core_cpu` and
    :meth:`update_core_gpu`); a rule written as a formula is a
    :class:`~catenary.optimizer.FormulaRule`.

    Args:
        parent_hyperparam: Where hyperparameters are read that the rule does not hold itself.

    Attributes:
        enabled: Whether :meth:`update` does anything.
        hyperparam: The rule's own hyperparameters.
        t: Number of updates that happened.

    Differs from Chainer: gradients are unscaled before any hook sees them, the float32 master hears
    later edits of the parameter, and loading never leaves a rule half loaded.
    """

    enabled = Announced()
    hyperparam = Announced()
    _average = Announced()

    # A rule that can join a plan announces when one of its state arrays is replaced.
    _state_type: type[dict[str, Any]] = dict

    def __init__(self, parent_hyperparam: Hyperparameter | None = None) -> None:
        self._state = None
        self.enabled = True
        self.hyperparam = Hyperparameter(parent_hyperparam)
        self._clock = Clock(0)
        self._storage = "plain"
        self._fp32_param = self._compensation = self._average = None
        self._row_key = 0
        self._hookable = Hookable(type(self).__name__, lenient=False)
        self._serialized_param: Any = None

    @property
    def t(self) -> int:
        """Number of updates that happened."""
        return self._clock.t

    @t.setter
    def t(self, value: int) -> None:
        if self._clock.shared:
            changes.values()
        self._clock = Clock(value, self._clock.numbers)

    @property
    def state(self) -> dict[str, Any] | None:
        """The state arrays by name; None before the first update."""
        return self._state

    @property
    def _state(self) -> dict[str, Any] | None:
        return self.__dict__["_state"]  # type: ignore[no-any-return]

    @_state.setter
    def _state(self, value: dict[str, Any] | None) -> None:
        self.__dict__["_state"] = None if value is None else self._state_type(value)
        changes.structure()

    def add_hook(self, hook: Hook, name: str | None = None, timing: str = "auto") -> None:
        """Register a hook of this parameter, called as ``hook(rule, param)``.

        Args:
            hook: Callable; runs after the optimizer's own hooks.
            name: What it is registered as; the hook's ``name``, else its ``__name__``, by default.
            timing: 'pre' before the update, 'post' after it, 'auto' what the hook's ``timing`` says
                ('pre' if it says nothing).

        Raises:
            TypeError: If the hook is not callable.
            HookError: If it has no name, its name is taken (a KeyError too), or its timing is
                unknown.
        """
        self._hookable.add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Forget the hook called `name`; HookError (a KeyError too) if there is none."""
        self._hookable.remove(name)

    def update(self, param: Any) -> None:
        """Run the pre hooks, the update and the post hooks on `param`; nothing if not enabled."""
        if not self.enabled:
            return
        if not param.is_initialized:
            self.t += 1
            self._call_core(param)
            return
        own = self._begin(param)
        self._call_core(own)
        self._end(param, own)

    def _begin(self, param: Any) -> Any:
        """Count an update, and return what it works on, with its gradient and state."""
        working = self._working(param)
        self.t += 1
        if working is None:
            param.unscale_grad()
            self._ensure_state(param)
            return param
        self._ensure_state(self._state_like(param, working))
        if param.tensor.grad is not None:
            # Widened first: what the scale kept from vanishing would vanish in 16 bits.
            working.tensor.grad = param.tensor.grad.float() / (param._loss_scale or 1.0)
            param._scale_spent = param._loss_scale is not None
        return working

    def _end(self, param: Any, own: Any) -> None:
        """Store what an update made of what :meth:`_begin` returned."""
        if own is not param:
            self._take_back(param, own)

    def _call_core(self, param: Any) -> None:
        for _, hook in self._hookable.at("pre"):
            hook(self, param)
        self.update_core(param)
        for _, hook in self._hookable.at("post"):
            hook(self, param)

    def update_core(self, param: Any) -> None:
        """Update `param` from ``param.grad``; calls `update_core_cpu` or `update_core_gpu`."""
        if param.is_initialized and param.tensor.device.type != "cpu":
            self.update_core_gpu(param)
        else:
            self.update_core_cpu(param)

    def update_core_cpu(self, param: Any) -> None:
        """Update a parameter in the CPU's memory; for subclasses."""
        raise NotImplementedError(
            f"{type(self).__name__} overrides neither update_core nor update_core_cpu."
        )

    def update_core_gpu(self, param: Any) -> None:
        """Update a parameter in a GPU's memory; for subclasses."""
        raise NotImplementedError(
            f"{type(self).__name__} overrides neither update_core nor update_core_gpu."
        )

    def init_state(self, param: Any) -> None:
        """Fill ``self.state`` for `param`; called before the first update. For subclasses."""

    def _ensure_state(self, param: Any) -> None:
        if self._state is None:
            self._state = {}
            try:
                self.init_state(param)
            except BaseException:
                self._state = None
                raise

    def serialize(self, serializer: Any) -> None:
        """Save or load `t`, the state, and, under keys that Chainer ignores, what it forgets.

        Those are what is kept beside a 16-bit parameter and the rule's own hyperparameters; the
        latter are read back only under ``using_config("restore_hyperparams", True)``.

        Raises:
            MissingKeyError: If the file lacks a state of a rule that was updated and is enabled.
            StateError: If a stored array does not have the parameter's shape.
        """
        t = serializer("t", self.t)
        if self._state is not None:
            for key, held in list(self._state.items()):
                value = exchange(serializer, key, held)
                if value is not held:
                    self._state[key] = value
        elif is_reading(serializer):
            # While a loader only checks, it hands the old `t` back; None asks for the stored one.
            stored = serializer("t", None)
            self._load_new_state(serializer, self.t if stored is None else int(stored))
        if t != self.t:  # a write gives the rule a clock of its own
            self.t = t
        param = self._serialized_param
        if param is not None and param.is_initialized:
            self._serialize_beside(serializer, param)
        self._serialize_average(serializer)
        serialize_hyperparam(serializer, self.hyperparam)

    def _serialize_beside(self, serializer: Any, param: Any) -> None:
        kind = self._storage_of(param)
        if kind == "master":
            self._exchange_optional(serializer, "fp32_param", self._working(param).tensor)
        elif kind == "kahan":
            self._keep(param)
            self._exchange_optional(serializer, "compensation", self._compensation)

    def _serialize_average(self, serializer: Any) -> None:
        if self._average is not None:
            self._exchange_optional(serializer, "average", self._average)
        elif is_reading(serializer):
            found = read_optional(serializer, "average", None)
            if found is not None and not getattr(serializer, "checking", False):
                self._average = torch.from_numpy(found)

    @staticmethod
    def _exchange_optional(serializer: Any, key: str, held: torch.Tensor) -> None:
        """Save a tensor, or load into it if the file has the key, which Chainer lacks."""
        with contextlib.suppress(KeyError):
            exchange(serializer, key, array_of(held))

    @contextlib.contextmanager
    def serializing(self, param: Any) -> Iterator[None]:
        """Let :meth:`serialize` know the parameter whose state it saves or loads."""
        self._serialized_param = param
        try:
            yield
        finally:
            self._serialized_param = None

    def _load_new_state(self, serializer: Any, t: int) -> None:
        """Take the stored arrays as state, if the file has them."""
        made = self._new_state()
        found: dict[str, Any] = {}
        for name, like in made.items():
            try:
                value = serializer(name, None)
            except KeyError:
                if t > 0 and self.enabled:
                    raise
                continue
            if value is not None:
                self._check_loaded(name, value)
                found[name] = narrowed(value, like)
        # A rule saved before its first update has no arrays; it makes them when it is updated.
        if made and len(found) == len(made) and not getattr(serializer, "checking", False):
            self._state = found

    def _check_loaded(self, name: str, value: Any) -> None:
        """Raise unless a stored array fits; a classic rule's state may have any form."""

    def _new_state(self) -> dict[str, Any]:
        """Return what `init_state` creates, found by running it on a copy of the rule."""
        probe = copy.copy(self)
        probe._state = {}
        param = self._serialized_param
        known = param is not None and param.is_initialized
        probe.init_state(self._state_like(param) if known else _Probe())
        return dict(probe._state or {})


def serialize_hyperparam(serializer: Any, hyperparam: Hyperparameter) -> None:
    """Save a hyperparameter object's own numbers; load them where the configuration asks for it."""
    inside = serializer["hyperparam"]
    reading = is_reading(serializer)
    if reading and not config.restore_hyperparams:
        return
    for name, value in hyperparam.own().items():
        if isinstance(value, (bool, int, float)):
            loaded = read_optional(inside, name, value)
            if reading:
                setattr(hyperparam, name, type(value)(loaded))


class _Probe:
    """A float32 parameter of one element, for asking a rule which state it would create."""

    def __init__(self) -> None:
        self.array = self.data = np.zeros(1, np.float32)
        self.grad = np.zeros(1, np.float32)
        self.tensor = torch.from_numpy(self.array)
        self.dtype, self.shape, self.ndim, self.size = np.dtype(np.float32), (1,), 1, 1
        self.xp, self.name, self.is_initialized = np, None, True
        self.device = self
