"""Declarations that rules, hooks and optimizers share: `Hyper`, `hyper`, `slot` and `derived`."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from catenary.errors import WrongWordError
from catenary.optimizer.hyperparameter import Hyperparameter, HyperparameterProxy
from catenary.optimizer.spec import REQUIRED, Spec

if sys.version_info >= (3, 11):
    from typing import dataclass_transform
else:
    from typing_extensions import dataclass_transform

__all__ = ["Derived", "Hyper", "Slot", "derived", "hyper", "slot"]


class Derived(property):
    """A property of a rule that formulas know as an expression; see :func:`derived`."""

    formula: Callable[[Any], Any]


def derived(formula: Callable[[Any], Any]) -> Callable[[Callable[[Any], float]], Any]:
    """Declare a property of a rule which its formula may spell out.

    In `step`, ``h.name`` then stands for ``formula(h)`` and is computed with the other scalars,
    on the device too; a subclass that overrides it by a plain property is asked at each step.

    Args:
        formula: Called with `h`; returns an expression of hyperparameters.
    """

    def declare(read: Callable[[Any], float]) -> Any:
        made = Derived(read)
        made.formula = formula
        return made

    return declare


def hyper(
    *,
    default: Any = REQUIRED,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    unit: str = "",
    kept: bool = False,
    kw_only: bool = False,
    choices: tuple[Any, ...] = (),
) -> Any:
    """Declare a hyperparameter in the body of a :class:`Hyper` class.

    Args:
        default: Its default; without one it must be given. A bool declares a flag, a tuple several
            numbers under one name (``h.betas`` is then a tuple in the formula). It is a keyword, so
            that type checkers see which arguments may be left out.
        ge: Smallest value of its range, checked at the first step that uses a changed value.
        gt: What it must exceed.
        le: Largest value of its range.
        lt: What it must stay below.
        unit: In terms of the parameter's unit p and the loss's unit L, such as ``"p²/L"`` for a
            learning rate; checked by the units test.
        kept: A value that is not 0 must not round to 0 in the compute dtype (an ε that vanished
            would let the step divide by zero).
        kw_only: Constructors take it by name only.
        choices: What it may be, where it is no number; for a :class:`MatrixRule`, whose step is
            plain Python.

    Example:
        >>> class MineHyper(Hyper):
        ...     lr: float = hyper(default=0.01, ge=0, unit="p²/L")
        >>> MineHyper.specs["lr"].default
        0.01
    """
    flag = isinstance(default, bool)
    return Spec("", "", default, ge, gt, le, lt, unit, kept, flag, kw_only, choices=choices)


@dataclass(frozen=True)
class Slot:
    """A state array of a rule, of the parameter's shape, or one number.

    Attributes:
        initial: Its value before the first step: a number, the name of a hyperparameter, or
            ``"p"`` for a copy of the parameter.
        when: Name of the hyperparameter that switches it on by not being 0; None for always.
        key: What ``rule.state`` and snapshots call it.
        scalar: Whether it is one number for all elements.
    """

    initial: float | str
    when: str | None
    key: str
    scalar: bool


def slot(
    initial: float | str = 0.0, *, when: str | None = None, key: str = "", scalar: bool = False
) -> Any:
    """Declare a state array in the body of a :class:`FormulaRule`.

    Args:
        initial: Its value before the first step: a number, the name of a hyperparameter that gives
            it, or ``"p"`` for a copy of the parameter.
        when: Name of a hyperparameter; while that is 0 or False there is no such array, and `step`
            gets None for it.
        key: What ``rule.state`` and snapshots call it, where that is not its name in the formula.
        scalar: One number for all elements, computed on the host in float64: a running product of
            hyperparameters, for example. Its new value may depend on no tensor.
    """
    return Slot(initial if isinstance(initial, str) else float(initial), when, key, scalar)


@dataclass_transform(eq_default=False, field_specifiers=(hyper,))
class Hyper:
    """Base of everything that has declared hyperparameters.

    Each ``name: float = hyper(...)`` in a class body becomes an alias to ``self.hyperparam.name``
        and an
    argument of the constructor, in the order of declaration, base classes first.

    Attributes:
        specs: What was declared, by name.
        inhomogeneous: Why the formula changes when the loss or the parameters are measured in other
            units; empty for a formula that does not.
    """

    specs: ClassVar[dict[str, Spec]] = {}
    inhomogeneous: ClassVar[str] = ""
    hyperparam: Any

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        owner = cls.__name__.removesuffix("Rule")
        inherited: dict[str, Spec] = {}
        for base in reversed(cls.__mro__[1:]):
            inherited.update(vars(base).get("specs", {}))
        own = {
            name: replace(spec, name=name, owner=owner)
            for name, spec in vars(cls).items()
            if isinstance(spec, Spec)
        }
        cls.specs = {n: replace(s, owner=owner) for n, s in {**inherited, **own}.items()}
        for name in own:
            setattr(cls, name, HyperparameterProxy(name))
        maker = next(base for base in cls.__mro__ if "__init__" in vars(base))
        if maker is not cls and (own or _defaults(cls) != _defaults(maker)):
            cls._declare_init()

    @classmethod
    def _declare_init(cls) -> None:
        """Give the class a constructor made from its declarations; kinds of owners override
        this.
        """

    @classmethod
    def _unknown_word(cls, word: str, value: Any) -> WrongWordError:
        """Return the error for an argument that the constructor does not take."""
        return _unknown_word(cls, word, value)

    @classmethod
    def declared_defaults(cls) -> Hyperparameter:
        """Return a new hyperparameter object holding every declared default."""
        made = Hyperparameter(declared=cls.specs)
        for name, spec in cls.specs.items():
            if spec.default is not REQUIRED:
                setattr(made, name, spec.default)
        return made


def _defaults(kind: type) -> dict[str, Any]:
    specs: Mapping[str, Spec] = getattr(kind, "specs", {})
    return {name: spec.default for name, spec in specs.items()}


def make_init(
    cls: type[Hyper],
    leading: Mapping[str, Any],
    defaults: Mapping[str, Any],
    fill: Callable[..., None],
    *,
    named: Mapping[str, Any] | None = None,
) -> Callable[..., None]:
    """Return an ``__init__`` that takes `leading` arguments and then every declared hyperparameter.

    Args:
        cls: The class that gets it.
        leading: Arguments before the hyperparameters, with their defaults.
        defaults: Default of each hyperparameter.
        fill: Called as ``fill(self, leading values, other values)``.
        named: Further arguments, taken by name only, with their defaults.
    """
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = named or {}
    by_name = {name for name, spec in cls.specs.items() if spec.kw_only} | named.keys()
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY if name in by_name else kind,
            default=inspect.Parameter.empty if value is REQUIRED else value,
        )
        for name, value in {**leading, **defaults, **named}.items()
    ]
    parameters.sort(key=lambda parameter: parameter.kind)
    signature = inspect.Signature(parameters)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        for word, value in kwargs.items():
            if word not in signature.parameters:
                raise cls._unknown_word(word, value)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{cls.__name__}(): {error}. It takes {signature}.") from None
        bound.apply_defaults()
        given = dict(bound.arguments)
        fill(self, [given.pop(name) for name in leading], given)

    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    __init__.__doc__ = None
    own = inspect.Parameter("self", kind)
    __init__.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[own, *parameters]
    )
    return __init__


_TORCH_WORDS = {
    "lr": "the learning rate is `alpha` for the Adam family",
    "betas": "give `beta1` and `beta2`",
    "weight_decay": (
        "decoupled decay is `weight_decay_rate` (it decays by eta·weight_decay_rate, not by "
        "lr·weight_decay); decay through the gradient is the hook "
        "catenary.optimizer_hooks.WeightDecay(rate)"
    ),
    "nesterov": "use catenary.optimizers.NesterovAG",
    "dampening": "there is no dampening here",
    "momentum": "use catenary.optimizers.MomentumSGD",
    "maximize": "negate the loss",
    "centered": "use catenary.optimizers.RMSpropGraves",
}


def _unknown_word(cls: type[Hyper], word: str, value: Any) -> WrongWordError:
    known = ", ".join(cls.specs)
    told = f"{cls.__name__} got {word}={value!r}; its words are: {known}."
    if word in _TORCH_WORDS:
        return WrongWordError(
            f"{told}\n{word!r} is torch.optim's word, and catenary.optimizers speaks Chainer's "
            f"language: {_TORCH_WORDS[word]}."
        )
    near = difflib.get_close_matches(word, cls.specs, n=1)
    return WrongWordError(f"{told}" + (f" Did you mean {near[0]!r}?" if near else ""))
