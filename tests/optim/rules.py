"""Every formula rule of `catenary.optim` with its switches chosen, and values to draw for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from catenary import optim
from catenary.optimizer import FormulaRule
from catenary.optimizer.spec import Spec
from tests.contract.units import Unit


@dataclass(frozen=True)
class Case:
    """An optimizer class with its flags, and whether slots that depend on a number are there."""

    kind: Any
    switches: tuple[tuple[str, bool], ...]

    def __str__(self) -> str:
        return "-".join([self.kind.__name__, *(name for name, on in self.switches if on)])

    @property
    def numbers(self) -> dict[str, Spec]:
        """What is declared of every hyperparameter that is no flag."""
        return {name: spec for name, spec in self.kind.specs.items() if not spec.flag}

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Return a value inside its range for every hyperparameter."""
        words: dict[str, Any] = {name: _drawn(spec, rng) for name, spec in self.numbers.items()}
        chosen = {
            name: (on if self.kind.specs[name].flag else words[name] if on else 0.0)
            for name, on in self.switches
        }
        if chosen.get("nesterov") and "dampening" in words:
            words["dampening"] = 0.0
        return {**words, **chosen}

    def unit(self, name: str) -> Unit:
        """The declared unit; how decay enters decides that of Adam's."""
        flag = self.kind.specs.get("decoupled_weight_decay")
        decoupled = flag and dict(self.switches).get(flag.name, flag.default)
        if name == "weight_decay" and decoupled is not None:
            return Unit.read("1/p" if decoupled else "L/p²")
        return Unit.read(self.kind.specs[name].unit)


def _drawn(spec: Spec, rng: np.random.Generator) -> Any:
    if spec.name == "etas":
        return (float(rng.uniform(0.3, 0.9)), float(rng.uniform(1.1, 1.5)))
    if spec.name == "step_sizes":
        return (float(rng.uniform(1e-4, 1e-2)), float(rng.uniform(0.5, 2)))
    if spec.name == "weight_lr_power":
        return 2.0  # another power of the rate would be rounded, and units show in exact bits
    if spec.size is not None:
        return tuple(float(rng.uniform(0.3, 0.99)) for _ in range(spec.size))
    if spec.le == 1 or spec.lt == 1:
        return float(rng.uniform(0.3, 0.99))
    if spec.name == "t0" or spec.name.endswith(("warmup", "warmup_steps")):
        return float(rng.integers(0, 6))
    return float(2.0 ** rng.uniform(-6, -1))


def _cases() -> Iterator[Case]:
    for name in optim.__all__:
        kind = getattr(optim, name)
        if isinstance(kind, type) and issubclass(getattr(kind, "rule", object), FormulaRule):
            if "step" not in vars(kind.rule):
                yield Case(kind, ())  # the formula of another, with other defaults
                continue
            names = [n for n, s in kind.specs.items() if s.flag or kind.rule.specs[n].switches]
            for chosen in itertools.product((False, True), repeat=len(names)):
                switches = tuple(zip(names, chosen, strict=True))
                given = dict(switches)
                lacks_momentum = given.get("nesterov") and not given.get("momentum", True)
                if not lacks_momentum and not (given["maximize"] and sum(chosen) > 1):
                    yield Case(kind, switches)


CASES = list(_cases())
KINDS = list(dict.fromkeys(case.kind for case in CASES))
