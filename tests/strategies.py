"""What tests draw from: every optimizer and hook that is public, values for them, small models."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from catenary import GradientMethod, Link, Parameter, optimizer_hooks, optimizers
from catenary.optimizer import FormulaHook
from catenary.optimizer.spec import Spec

SHAPES = {"b": (5,), "e": (0,), "k": (2, 1, 3), "s": (), "w": (3, 4)}
"""A model of every kind of shape: plain, empty, deep, without axes, a matrix."""

Arrays = dict[str, np.ndarray]


def _classes_in(package: Any, base: type) -> list[type]:
    """Return the subclasses of `base` that the modules of a package define, by name."""
    found: dict[str, type] = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        for name, kind in vars(importlib.import_module(info.name)).items():
            own = inspect.isclass(kind) and kind.__module__ == info.name
            if own and issubclass(kind, base) and not name.startswith("_"):
                found[name] = kind
    return [found[name] for name in sorted(found)]


OPTIMIZERS: list[Any] = _classes_in(optimizers, GradientMethod)
HOOKS: list[Any] = _classes_in(optimizer_hooks, FormulaHook)


@dataclass(frozen=True)
class Method:
    """An optimizer class with its flags chosen."""

    kind: Any
    flags: tuple[tuple[str, bool], ...] = ()

    def __str__(self) -> str:
        return "-".join([self.kind.__name__, *(name for name, on in self.flags if on)])

    def specs(self) -> dict[str, Spec]:
        """Return what is declared of the numbers that the constructor takes."""
        arguments = list(inspect.signature(self.kind.__init__).parameters)[1:]
        return {n: self.kind.specs[n] for n in arguments if not self.kind.specs[n].flag}

    def make(self, **values: float) -> Any:
        return self.kind(**values, **dict(self.flags))


def _methods() -> Iterable[Method]:
    for kind in OPTIMIZERS:
        arguments = inspect.signature(kind.__init__).parameters
        flags = [n for n in arguments if n in kind.specs and kind.specs[n].flag]
        for chosen in itertools.product((False, True), repeat=len(flags)):
            yield Method(kind, tuple(zip(flags, chosen, strict=True)))


METHODS = list(_methods())


def number(spec: Spec) -> st.SearchStrategy[float]:
    """Draw a value inside a declared range, where it makes itself felt."""
    if spec.le == 1 or spec.lt == 1:
        # No denormal: powers of two are exact only above it.
        return st.just(0.0) | st.floats(2**-10, 0.999)
    if spec.name == "eps":
        return st.floats(2**-12, 1.0)
    return st.floats(2**-10, 2.0)


def numbers(specs: Mapping[str, Spec]) -> st.SearchStrategy[dict[str, float]]:
    """Draw a value for every declared number."""
    return st.fixed_dictionaries({name: number(spec) for name, spec in specs.items()})


seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, count: int, shapes: Mapping[str, tuple[int, ...]], dtype: str) -> list[Arrays]:
    """Return `count` sets of arrays: normal, some exact zeros, magnitudes spread."""
    rng = np.random.default_rng(seed)

    def one(shape: tuple[int, ...]) -> np.ndarray:
        made = rng.normal(size=shape) * 2.0 ** rng.integers(-4, 3, shape)
        return np.asarray(np.where(rng.random(shape) < 0.1, 0.0, made)).astype(dtype)

    return [{name: one(shape) for name, shape in shapes.items()} for _ in range(count)]


class Net(Link):
    """A model of the given arrays, each copied, as parameters of their names."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        with self.init_scope():
            for name, array in arrays.items():
                setattr(self, name, Parameter(np.array(array)))


def give(net: Any, grads: Mapping[str, np.ndarray], scale: float | None = None) -> None:
    """Give gradients as `backward(loss_scale=scale)` would leave them."""
    for path, param in net.namedparams():
        grad = grads[path.rpartition("/")[2]]
        factor = 1 if scale is None else scale
        param.grad = np.asarray(grad * np.asarray(factor, grad.dtype), dtype=grad.dtype)
        param._loss_scale = scale


def train(net: Any, opt: Any, steps: Sequence[Mapping[str, np.ndarray]], scale: Any = None) -> None:
    """Step once for each set of gradients."""
    for grads in steps:
        give(net, grads, scale)
        opt.update()


def record(net: Any) -> dict[str, Any]:
    """Return parameters, states, masters and counts, copied, by path."""
    found: dict[str, Any] = {}
    for path, param in net.namedparams():
        rule = param.update_rule
        found[path] = np.array(param.array)
        found[path + "@t"] = rule.t
        for key, value in (rule.state or {}).items():
            found[f"{path}.{key}"] = np.array(value)
        if rule._fp32_param is not None:
            found[path + "@master"] = np.array(rule._fp32_param.array)
    return found


def same_bits(a: Any, b: Any) -> bool:
    """Whether two arrays agree in dtype, shape and every bit, any NaN being equal to any other."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    nans = np.isnan(a) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
    if not np.array_equal(nans, np.isnan(b) if b.dtype.kind == "f" else np.zeros(b.shape, bool)):
        return False
    return a[~nans].tobytes() == b[~nans].tobytes()


def differing(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the names under which two records disagree."""
    names = sorted({*found, *wanted})
    return [
        n for n in names if n not in found or n not in wanted or not same_bits(found[n], wanted[n])
    ]


def by_hand(kind: type) -> Any:
    """Return a subclass that overrides a part of the step, so that it takes Chainer's way."""

    def call_hooks(self: Any, timing: str = "pre") -> None:
        super(made, self).call_hooks(timing)

    made = type(kind.__name__ + "ByHand", (kind,), {"call_hooks": call_hooks})
    return made
