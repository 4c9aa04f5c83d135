"""Rules whose hyperparameters and state are declared, whatever computes their step."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from catenary.backends.memory import array_of, tensor_of
from catenary.errors import StateError, TraceError
from catenary.optimizer.declare import Hyper, Slot, hyper, make_init
from catenary.optimizer.hyperparameter import Hyperparameter
from catenary.optimizer.state import State
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["DeclaredRule", "state_tensor"]


class DeclaredRule(Hyper, UpdateRule):
    """Base of rules that declare hyperparameters, state and a ``step``.

    From the declarations come the constructor, the checks, the creation of state and its
    snapshots. :class:`~catenary.optimizer.FormulaRule` computes element by element,
    :class:`~catenary.optimizer.MatrixRule` with whole tensors.

    Attributes:
        slots: What was declared with :func:`slot`, by name.
        counts_steps: Whether the step depends on t beyond the first update; torch's checkpoints
            hold ``step`` for such rules.
    """

    if TYPE_CHECKING:
        parent_hyperparam: Hyperparameter | None = hyper(default=None)

    _state_type = State
    slots: ClassVar[dict[str, Slot]] = {}
    counts_steps: ClassVar[bool] = True
    step: ClassVar[Callable[..., Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = {n: s for n, s in vars(cls).items() if isinstance(s, Slot)}
        cls.slots = {**cls.slots, **{n: replace(s, key=s.key or n) for n, s in own.items()}}
        for name, declared in cls.slots.items():
            if declared.when is not None and declared.when not in cls.specs:
                raise TraceError(
                    f"{cls.__name__}.{name} exists when={declared.when!r}, which is no "
                    "hyperparameter "
                    f"of it."
                )
        whens = {declared.when for declared in cls.slots.values()}
        cls.specs = {n: replace(s, switches=n in whens) for n, s in cls.specs.items()}
        if "step" in vars(cls):
            cls._check_step()

    @classmethod
    def _check_step(cls) -> None:
        """Check the arguments, so that a mistake shows where the class is written."""
        wanted = ["p", "g", *cls.slots, "h"]
        found = list(inspect.signature(cls.step).parameters)
        if found != wanted:
            raise TraceError(
                f"{cls.__name__}.step takes ({', '.join(found)}) and must take "
                f"({', '.join(wanted)}): "
                "the parameter, the gradient, every slot in the order of declaration, and "
                "what holds "
                f"the hyperparameters. Is it a @staticmethod?"
            )

    @classmethod
    def _switches(cls) -> tuple[str, ...]:
        """Return the flags, and the other hyperparameters that switch slots on and off."""
        return tuple(n for n, spec in cls.specs.items() if spec.flag or spec.switches)

    @classmethod
    def _declare_init(cls) -> None:
        def fill(self: DeclaredRule, leading: list[Any], given: dict[str, Any]) -> None:
            UpdateRule.__init__(
                self, leading[0] if leading[0] is not None else cls.declared_defaults()
            )
            self.hyperparam.__dict__["_declared"] = type(self).specs
            for name, value in given.items():
                if value is not None:
                    setattr(self.hyperparam, name, value)
            self.set_up()

        absent = dict.fromkeys(cls.specs)
        cls.__init__ = make_init(  # type: ignore[method-assign]
            cls, {"parent_hyperparam": None}, absent, fill
        )

    @classmethod
    def shapes(cls, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the state arrays of a parameter of shape `shape`, by slot.

        They are the parameter's own; a rule that keeps sums over rows, say, overrides this and
        leaves out the slots that such a parameter does not have.
        """
        return {name: shape for name, declared in cls.slots.items() if not declared.scalar}

    def _shapes_here(self, param: Any) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the state arrays in this process, which may hold a part."""
        whole, here = tuple(param.shape), tuple(param.tensor.shape)
        return {n: here if own == whole else own for n, own in self.shapes(whole).items()}

    def set_up(self) -> None:
        """Called when the rule has its hyperparameters; for subclasses that derive something."""

    @property
    def flags(self) -> tuple[tuple[str, bool], ...]:
        """What chooses the program: every switch, and whether it is on."""
        return tuple((name, bool(self.value(name))) for name in self._switches())

    def value(self, name: str) -> Any:
        """Return what ``h.name`` stands for in this update."""
        spec = self.specs.get(name)
        if spec is None:
            declared = self.slots.get(name)
            return getattr(self, name) if declared is None else self._number(name, declared)
        try:
            return getattr(self.hyperparam, name)
        except AttributeError:
            # A rule with more hyperparameters than its optimizer declares.
            return spec.default

    def _number(self, name: str, declared: Slot) -> float:
        held = self._clock.numbers.get(name)
        return self._initial(declared) if held is None else held

    def _initial(self, declared: Slot) -> float:
        initial = declared.initial
        return float(self.value(initial) if isinstance(initial, str) else initial)

    def active_slots(self) -> dict[str, Slot]:
        """Return the state arrays that exist under the current switches."""
        return {n: s for n, s in self._active().items() if not s.scalar}

    def active_numbers(self) -> dict[str, Slot]:
        """Return the slots that are one number each."""
        return {n: s for n, s in self._active().items() if s.scalar}

    def _active(self) -> dict[str, Slot]:
        return {n: s for n, s in self.slots.items() if s.when is None or self.value(s.when)}

    def check_hyperparameters(self, dtype: torch.dtype | None = None) -> None:
        """Raise HyperparameterError unless every hyperparameter lies in its range.

        Args:
            dtype: The parameter's; what must not vanish in its compute dtype is checked too.
        """
        for name, spec in self.specs.items():
            spec.check(self.value(name))
            if dtype is not None and spec.kept:
                wide = np.float64 if dtype == torch.float64 else np.float32
                spec.check_kept(self.value(name), wide)

    def init_state(self, param: Any) -> None:
        """Create every missing slot with its initial value, in the parameter's dtype."""
        assert self.state is not None
        held = param.tensor.detach()
        shapes = self._shapes_here(param)
        for name, declared in self.active_slots().items():
            if name not in shapes or declared.key in self.state:
                continue
            if declared.initial == "p":
                made = held.clone()
            elif shapes[name] == held.shape:
                made = torch.full_like(held, self._initial(declared))
            else:
                made = held.new_full(shapes[name], self._initial(declared))
            self.state[declared.key] = array_of(made)

    def lacks_state(self) -> bool:
        """Whether an array has to be made before the next update.

        That is so before the first one, and after a hyperparameter has switched a slot on.
        """
        state = self.state
        return state is None or any(
            declared.when is not None and declared.key not in state
            for declared in self.active_slots().values()
        )

    def _ensure_state(self, param: Any) -> None:
        if self.state is not None and self.lacks_state():
            self.init_state(param)
        super()._ensure_state(param)

    def _check_loaded(self, name: str, value: Any) -> None:
        param = self._serialized_param
        if param is None or not param.is_initialized:
            return
        shapes = self.shapes(tuple(param.shape))
        expected = {d.key: shapes.get(n) for n, d in self.active_slots().items()}.get(name)
        if tuple(value.shape) != expected:
            raise StateError(
                f"the stored state {name!r} has shape {tuple(value.shape)} and its parameter has "
                f"{tuple(param.shape)}; the file belongs to another model."
            )


def state_tensor(rule: DeclaredRule, name: str, param: Any) -> torch.Tensor:
    """Return the tensor that shares the memory of a state array.

    Raises:
        StateError: If the array is missing or has not the parameter's shape.
    """
    assert rule.state is not None
    held = rule.state.get(name)
    if held is None:
        raise StateError(
            f"the state of {type(rule).__name__} has no {name!r}; it has "
            f"{', '.join(map(repr, rule.state)) or 'nothing'}. Set rule._state = None to begin "
            "anew."
        )
    shapes = rule._shapes_here(param)
    expected = next(shapes.get(n) for n, d in rule.slots.items() if d.key == name)
    if tuple(held.shape) != expected:
        raise StateError(
            f"the state {name!r} of {type(rule).__name__} has shape {tuple(held.shape)} and its "
            f"parameter has {tuple(param.tensor.shape)}."
        )
    return torch.from_numpy(held) if isinstance(held, np.ndarray) else tensor_of(held)
