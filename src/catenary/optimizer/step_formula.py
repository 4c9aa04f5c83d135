"""What a step computes on each parameter: hooks, rule, and whatever else was asked, as formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catenary.expr import Formula, Node, check_formula
from catenary.expr.node import const, hyper, node, tensor
from catenary.optimizer.averaging import AVERAGE, averaged
from catenary.optimizer.entry import Entry
from catenary.optimizer.formula_hook import FormulaHook, model_norms, trace_hook
from catenary.optimizer.formula_rule import trace_rule
from catenary.optimizer.statistics import Counts, measures

__all__ = ["NOTHING_ELSE", "Extras", "StepFormulas"]


@dataclass(frozen=True)
class Extras:
    """What the updating pass does besides updating.

    Attributes:
        average_decay: Share that the averaged copy of the weights keeps at a step; None: no copy.
        counts: What keeps the statistics of steps; None: nothing is measured.
        clears: Whether it leaves zeros in the gradients.
    """

    average_decay: float | None = None
    counts: Counts | None = None
    clears: bool = False


NOTHING_ELSE = Extras()


class StepFormulas:
    """The formulas of a step, one for all parameters with the same rule and hooks.

    Args:
        hooks: The optimizer's, which join the kernels.
        extras: What the updating pass does besides.
        scaled: Whether gradients are divided by a loss scale.

    Attributes:
        clipping: (hook that clips by a norm, the norm).
    """

    def __init__(self, hooks: Sequence[FormulaHook], extras: Extras, *, scaled: bool) -> None:
        self._extras = extras
        self._given = node("div", tensor("g"), hyper("scale")) if scaled else tensor("g")
        self.clipping: list[tuple[FormulaHook, Node]] = []
        self._gradient = self._through(hooks)
        self._shared = model_norms(self._gradient)
        self._made: dict[tuple[object, ...], Formula] = {}

    def _through(self, hooks: Sequence[FormulaHook]) -> Node:
        """Return the gradient that rules see: unscaled, then through the hooks in order."""
        gradient = self._given
        for i, hook in enumerate(hooks):
            before = model_norms(gradient)
            gradient = trace_hook(type(hook), tensor("p"), gradient, f"hook{i}.")
            if hook.clips_norm:
                norms = model_norms(gradient)
                self.clipping += [(hook, norm) for norm in norms if norm not in before]
        return gradient

    def of(self, entry: Entry) -> Formula:
        """Return what runs over a parameter, and what it measures on the way."""
        program = entry.program
        if program not in self._made:
            formula = self._updating(entry)
            if self._extras.counts is not None and entry.rule is not None:
                new = dict(formula.outputs).get("p")
                formula = check_formula(replace(formula, measured=measures(self._given, new)))
            self._made[program] = formula
        return self._made[program]

    def _updating(self, entry: Entry) -> Formula:
        gradient, shared = self._gradient, self._shared
        if entry.rule is None:
            # Nothing is written, but norms and the finite check cover every parameter.
            return Formula((), shared)
        if not entry.in_bucket:
            # The hooks change its gradient in place; then its own rule runs.
            as_it_is = self._given if entry.widens_gradient else tensor("g")
            changed = () if gradient is as_it_is else (("g", gradient),)
            return check_formula(Formula(changed, shared))
        for i, hook in enumerate(entry.hooks):
            gradient = trace_hook(type(hook), tensor("p"), gradient, f"rule_hook{i}.")
        traced = trace_rule(type(entry.rule), entry.rule.flags, gradient, "rule.", shared)
        more: tuple[tuple[str, Node], ...] = ()
        if self._extras.average_decay is not None:
            more += ((AVERAGE, averaged(dict(traced.outputs)["p"])),)
        if self._extras.clears:
            more += (("g", const(0)),)
        return check_formula(replace(traced, outputs=(*traced.outputs, *more)))
