"""Hooks whose work is a formula, so that it can join the rule's kernel."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from catenary.errors import TraceError
from catenary.expr import Formula, Scope, check_formula, show, trace
from catenary.expr.node import Node, tensor, walk
from catenary.optimizer.alone import run_alone
from catenary.optimizer.declare import Hyper, make_init
from catenary.optimizer.target import Param, view_of

__all__ = ["FormulaHook", "trace_hook"]


class FormulaHook(Hyper):
    """A hook that says how one element of the gradient changes.

    A subclass declares its hyperparameters with :func:`hyper` and writes
    ``transform(p, g, h)``, a static method that returns the new gradient. Registered on an
    optimizer or a rule it runs inside the rule's kernel and costs no extra pass over memory; called
    as a function it changes ``param.grad`` in place, as Chainer's hooks do.

    Attributes:
        name: What it is registered as; the class's name.
        timing: 'pre': before the update.
        clips_norm: Whether it shortens the gradient where a norm over the model exceeds its
            ``threshold``; statistics count such steps.
        call_for_each_param: True for a hook of single tensors, called as ``hook(rule, param)``;
            False for one with a norm over the model, called as ``hook(optimizer)``.

    Example:
        >>> from catenary.expr import sign
        >>> from catenary.optimizer import hyper
        >>> class SignDecay(FormulaHook):
        ...     rate: float = hyper(ge=0)
        ...     @staticmethod
        ...     def transform(p, g, h):
        ...         return g + h.rate * sign(p)
        >>> SignDecay(0.1).rate
        0.1
    """

    name: ClassVar[str]
    timing = "pre"
    clips_norm: ClassVar[bool] = False
    call_for_each_param: ClassVar[bool] = True
    transform: ClassVar[Callable[..., Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if "transform" not in vars(cls):
            return
        found = list(inspect.signature(cls.transform).parameters)
        if found != ["p", "g", "h"]:
            raise TraceError(
                f"{cls.__name__}.transform takes ({', '.join(found)}) and must take (p, g, h): the "
                "parameter, the gradient, and what holds the hyperparameters. Is it a "
                "@staticmethod?"
            )
        new = trace_hook(cls, tensor("p"), tensor("g"), "")
        cls.call_for_each_param = not model_norms(new)

    @classmethod
    def _declare_init(cls) -> None:
        def fill(self: FormulaHook, leading: list[Any], given: dict[str, Any]) -> None:
            self.hyperparam = cls.declared_defaults()
            for name, value in given.items():
                setattr(self, name, value)
            self.check_hyperparameters()

        defaults = {name: spec.default for name, spec in cls.specs.items()}
        cls.__init__ = make_init(cls, {}, defaults, fill)  # type: ignore[method-assign]

    @classmethod
    def formula(cls) -> str:
        """Return the hook as mathematics, spelled from the code that runs."""
        return show(Formula((("g", trace_hook(cls, tensor("p"), tensor("g"), "")),)))

    def __init__(self) -> None:
        self.hyperparam = self.declared_defaults()

    def check_hyperparameters(self) -> None:
        """Raise HyperparameterError unless every hyperparameter lies in its range."""
        for name, spec in self.specs.items():
            spec.check(getattr(self.hyperparam, name))

    def values(self, prefix: str = "") -> dict[str, float]:
        """Return what `h` answers to, by the names that the program uses.

        An optimizer's step asks after a hyperparameter was written, and not at every step.
        """
        return {prefix + name: float(getattr(self.hyperparam, name)) for name in self.specs}

    def __call__(self, *args: Any) -> None:
        """Change gradients in place: ``hook(rule, param)``, or ``hook(optimizer)`` over the
        model.
        """
        self.check_hyperparameters()
        if self.call_for_each_param:
            _rule, param = args
            params = [param]
        else:
            (optimizer,) = args
            params = list(view_of(optimizer.target).params(False))
        self._apply(params)

    def _apply(self, params: list[Param]) -> None:
        params = [p for p in params if p.is_initialized and p.grad is not None]
        for param in params:
            param.unscale_grad()
        new = trace_hook(type(self), tensor("p"), tensor("g"), "")
        formula = check_formula(Formula((("g", new),), model_norms(new)))
        run_alone(self, params, formula, self.values(), lambda param: {"p": [param.tensor]})


def trace_hook(kind: Any, p: Node, g: Node, prefix: str) -> Node:
    """Return the gradient that a hook makes of `g`.

    Args:
        kind: A :class:`FormulaHook` class.
        p: What stands for the parameter.
        g: What stands for the gradient: the tensor, or what earlier hooks made of it.
        prefix: Put before the names of the hook's hyperparameters.
    """
    return _traced(kind, p, g, prefix)


@functools.lru_cache(maxsize=512)
def _traced(kind: Any, p: Node, g: Node, prefix: str) -> Node:
    scope = Scope(frozenset(kind.specs), {}, prefix)
    (new,) = trace(kind.transform, {"p": p, "g": g}, scope, 1)
    assert new is not None
    return new


def model_norms(root: Node) -> tuple[Node, ...]:
    """Return the norms over the model below `root`, in a fixed order."""
    return tuple(at for at in walk([root]) if at.op == "norm" and at.value == "model")
