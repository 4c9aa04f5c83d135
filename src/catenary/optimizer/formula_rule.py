"""Rules written once, as a formula."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from catenary.errors import HyperparameterError, StateError, TraceError
from catenary.expr import Formula, Scope, check_formula, show, trace
from catenary.expr.node import Node, tensor
from catenary.expr.node import hyper as hyper_node
from catenary.kernel import schedule
from catenary.optimizer.alone import run_alone
from catenary.optimizer.declare import Hyper, Slot, hyper, make_init
from catenary.optimizer.hyperparameter import Hyperparameter
from catenary.optimizer.state import State
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["FormulaRule", "state_tensor", "trace_rule"]


class FormulaRule(Hyper, UpdateRule):
    """A rule that says how one element changes; everything else follows from that.

    A subclass declares hyperparameters with :func:`hyper`, state arrays with :func:`slot`, and
    writes ``step(p, g, <slots>, h)``, a static method that returns the new value of p and of each
    slot, in this order. ``h.name`` is a hyperparameter, ``h.t`` the number of this update (from 1),
    or any property of the rule that is a number. Flags (bool hyperparameters) are known while
    tracing, so `step` may branch on them; on tensors it cannot. A slot may be one number for all
    elements (``slot(scalar=True)``): what `step` returns for it is computed on the host.

    Arithmetic is float32 for 16-bit and 32-bit parameters and float64 for float64; what depends on
    hyperparameters alone is computed in float64 and rounded once.

    Example:
        >>> from catenary.optimizer import FormulaRule, hyper, slot
        >>> class HeavyBallRule(FormulaRule):
        ...     lr: float = hyper(default=0.01, ge=0)
        ...     beta: float = hyper(default=0.9, ge=0, le=1)
        ...     v = slot(0.0)
        ...     @staticmethod
        ...     def step(p, g, v, h):
        ...         v = h.beta * v + g
        ...         return p - h.lr * v, v
        >>> HeavyBallRule(lr=0.5).lr
        0.5
    """

    if TYPE_CHECKING:
        parent_hyperparam: Hyperparameter | None = hyper(default=None)

    _state_type = State
    slots: ClassVar[dict[str, Slot]] = {}
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
        """Check the arguments and trace once, so that a mistake shows where the class is
        written.
        """
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
        trace_rule(cls, cls._default_switches(), tensor("g"), "")

    @classmethod
    def _default_switches(cls, **given: bool) -> tuple[tuple[str, bool], ...]:
        return tuple((n, given.get(n, bool(cls.specs[n].default))) for n in cls._switches())

    @classmethod
    def _switches(cls) -> tuple[str, ...]:
        """Return the flags, and the other hyperparameters that switch slots on and off."""
        return tuple(n for n, spec in cls.specs.items() if spec.flag or spec.switches)

    @classmethod
    def _declare_init(cls) -> None:
        def fill(self: FormulaRule, leading: list[Any], given: dict[str, Any]) -> None:
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
    def formula(cls, **flags: bool) -> str:
        """Return the rule as mathematics, spelled from the code that runs.

        Args:
            **flags: Values of flags other than their defaults.

        Example:
            >>> from catenary.optimizers.momentum_sgd import MomentumSGDRule
            >>> print(MomentumSGDRule.formula())
            v ← μ v − lr g
            p ← p + v
        """
        return show(trace_rule(cls, cls._default_switches(**flags), tensor("g"), ""))

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
        """Create every missing slot with its initial value, in the parameter's shape and dtype."""
        assert self.state is not None
        held = param.tensor.detach()
        for declared in self.active_slots().values():
            if declared.key not in self.state:
                copied = declared.initial == "p"
                made = held.clone() if copied else torch.full_like(held, self._initial(declared))
                self.state[declared.key] = made if made.dtype == torch.bfloat16 else _as_array(made)

    def lacks_state(self) -> bool:
        """Whether an array has to be made before the next update.

        That is so before the first one, and after a hyperparameter has switched a slot on.
        """
        state = self.state
        return state is None or any(
            declared.when is not None and declared.key not in state
            for declared in self.active_slots().values()
        )

    def lay_out(self, param: Any) -> None:
        """Let the state arrays lie in memory as the parameter does, whose layout may have changed.

        One kernel walks them all by address.
        """
        assert self.state is not None
        strides = param.tensor.stride()
        for declared in self.active_slots().values():
            held = state_tensor(self, declared.key, param)
            if held.stride() != strides:
                laid = torch.empty_strided(held.shape, strides, dtype=held.dtype)
                laid = laid.to(held.device).copy_(held)
                self.state[declared.key] = laid if laid.dtype == torch.bfloat16 else _as_array(laid)

    def _ensure_state(self, param: Any) -> None:
        if self.state is not None and self.lacks_state():
            self.init_state(param)
        super()._ensure_state(param)

    def _check_loaded(self, name: str, value: Any) -> None:
        param = self._serialized_param
        if param is not None and param.is_initialized and tuple(value.shape) != tuple(param.shape):
            raise StateError(
                f"the stored state {name!r} has shape {tuple(value.shape)} and its parameter has "
                f"{tuple(param.shape)}; the file belongs to another model."
            )

    def update_core_cpu(self, param: Any) -> None:
        """Run the formula on `param` alone; a parameter without gradient stays as it is."""
        if not param.is_initialized or param.tensor.grad is None:
            return
        self.check_hyperparameters(param.tensor.dtype)
        formula = trace_rule(type(self), self.flags, tensor("g"), "")
        values = self.values(schedule(formula).program.hypers)
        (numbers,) = run_alone(self, [param], formula, values, self._columns)
        self._clock.numbers.update(numbers)

    update_core_gpu = update_core_cpu

    def _columns(self, param: Any) -> dict[str, list[torch.Tensor]]:
        columns = {"p": [param.tensor]}
        for name, declared in self.active_slots().items():
            columns[name] = [state_tensor(self, declared.key, param)]
        return columns

    def values(self, names: tuple[str, ...]) -> Mapping[str, float]:
        """Return what the program's names stand for in this update.

        Raises:
            HyperparameterError: If a property that the formula uses is no number.
        """
        found = {}
        for name in names:
            base, bracket, place = name.partition("[")
            value = self.value(base)
            try:
                found[name] = float(value[int(place[:-1])] if bracket else value)
            except (TypeError, ValueError):
                raise HyperparameterError(
                    f"h.{name} of {type(self).__name__} is {value!r}; a formula needs a number."
                ) from None
        return found


def _as_array(made: torch.Tensor) -> Any:
    return made.numpy() if made.device.type == "cpu" else made


def state_tensor(rule: FormulaRule, name: str, param: Any) -> torch.Tensor:
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
    if tuple(held.shape) != tuple(param.tensor.shape):
        raise StateError(
            f"the state {name!r} of {type(rule).__name__} has shape {tuple(held.shape)} and its "
            f"parameter has {tuple(param.tensor.shape)}."
        )
    return held if isinstance(held, torch.Tensor) else torch.from_numpy(held)


def trace_rule(
    kind: Any,
    flags: tuple[tuple[str, bool], ...],
    g: Node,
    prefix: str,
    shared: tuple[Node, ...] = (),
) -> Formula:
    """Return the formula of a rule whose gradient is the node `g`.

    Args:
        kind: The rule.
        flags: Its flags with their values.
        g: What stands for the gradient: the tensor, or what hooks made of it.
        prefix: Put before the names of the rule's hyperparameters.
        shared: The norms over the model that `g` uses.
    """
    return _traced(kind, flags, g, prefix, shared)


@functools.lru_cache(maxsize=1024)
def _traced(
    kind: Any, flags: tuple[tuple[str, bool], ...], g: Node, prefix: str, shared: tuple[Node, ...]
) -> Formula:
    switched = dict(flags)
    compiled_in = {name: on for name, on in flags if kind.specs[name].flag}
    sizes = {name: spec.size for name, spec in kind.specs.items() if spec.size is not None}
    names = {name for name in (*kind.specs, "t") if name not in compiled_in}
    names |= {name for name in dir(kind) if isinstance(getattr(kind, name, None), property)}
    names |= {n for n in dir(kind) if isinstance(getattr(kind, n, None), (int, float))}
    tensors: dict[str, Node | None] = {"p": tensor("p"), "g": g}
    for name, declared in kind.slots.items():
        there = declared.when is None or switched[declared.when]
        held = hyper_node(prefix + name) if declared.scalar else tensor(name)
        tensors[name] = held if there else None
    scope = Scope(frozenset(names), compiled_in, prefix, sizes)
    results = trace(kind.step, tensors, scope, 1 + len(kind.slots))
    written = zip(("p", *kind.slots), results, strict=True)
    renewed = [(name, value) for name, value in written if value is not None]
    numbers = {name for name, declared in kind.slots.items() if declared.scalar}
    unwanted = [name for name, _ in renewed if tensors[name] is None]
    if unwanted:
        raise TraceError(
            f"{kind.__name__}.step returns a value for {unwanted[0]!r}, which is None while "
            "its flag is "
            f"off."
        )
    outputs = tuple(output for output in renewed if output[0] not in numbers)
    host = tuple(output for output in renewed if output[0] in numbers)
    return check_formula(Formula(outputs, shared, host))
