"""The plan of a step: which parameters share a program, and what fell out and why.

A plan is made once and kept until something structural changes (:mod:`catenary.changes`); a step
only reads gradients and values.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import torch

from catenary import changes
from catenary.errors import annotate
from catenary.expr import Formula, Node, check_formula
from catenary.expr.node import const, hyper, node, tensor
from catenary.kernel import Launch, Step
from catenary.optimizer.averaging import (
    AVERAGE,
    DECAY,
    average_alone,
    averaged,
    start_average,
)
from catenary.optimizer.bucket import Bucket, at
from catenary.optimizer.declared_rule import DeclaredRule, state_tensor
from catenary.optimizer.entry import Entry, check_gradient, joins_kernel, make_entry
from catenary.optimizer.formula_hook import FormulaHook, model_norms, trace_hook
from catenary.optimizer.formula_rule import trace_rule
from catenary.optimizer.matrix_rule import together, update_together
from catenary.optimizer.spread import adding_up
from catenary.optimizer.statistics import Counts, measures
from catenary.optimizer.target import Target
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["Extras", "Plan"]


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


class Plan:
    """Buckets of parameters that share a program.

    Args:
        view: The target.
        hooks: The optimizer's pre hooks. If all of them are formulas they join the rules' kernels.
        extras: What the updating pass does besides.

    Attributes:
        view: The target.
        inline: Whether the hooks joined; otherwise they run before the plan does.
        entries: Every initialised parameter of the target.
        tokens: The state of the world that the plan was made in.
    """

    def __init__(
        self,
        view: Target,
        hooks: Iterable[Any],
        extras: Extras = NOTHING_ELSE,
    ) -> None:
        self.tokens = changes.now()
        self.view = view
        self._extras = extras
        self._clipping: list[tuple[FormulaHook, Node]] = []
        hooks = tuple(hooks)
        self.inline = all(map(joins_kernel, hooks))
        self._hooks: tuple[FormulaHook, ...] = hooks if self.inline else ()
        named = [(path, param) for path, param in view.namedparams(False)]
        times = Counter(id(param) for _, param in named)
        self.entries = [
            make_entry(path, param, repeated=times[id(param)] > 1) for path, param in named
        ]
        self._params = [entry.param for entry in self.entries]
        self._fallen = [e for e in self.entries if e.rule is not None and not e.in_bucket]
        self._resting: list[Any] = []
        self._buckets: dict[bool, tuple[list[Bucket], Step]] = {}
        self._created: list[UpdateRule] = []
        self._checked: tuple[int, int] | None = None
        self._representatives: list[Entry] = []

    def is_current(self) -> bool:
        """Whether nothing structural changed since the plan was made."""
        return self.tokens[0] == changes.now()[0]

    def check(self) -> None:
        """Check every value that changed since the last step; nothing has been written yet.

        Raises:
            HyperparameterError: If a value lies outside its range.
            GradientError: If a parameter or its gradient cannot be updated.
            StateError: If a state does not fit its parameter.
        """
        _, values, common = changes.now()
        if self._checked == (values, common):
            return
        if self._checked is None:
            self._check_entries()
        if self._checked is None or self._checked[0] != values:
            self._representatives = self._choose_representatives()
            for buckets, _ in self._buckets.values():
                for bucket in buckets:
                    bucket.forget_groups()
        for hook in self._hooks:
            hook.check_hyperparameters()
        for entry in self._representatives:
            rule = entry.rule
            dtype = torch.float32 if rule._use_fp32_update else entry.param.tensor.dtype
            at(entry.path, rule.check_hyperparameters, dtype)
        self._checked = values, common

    def _choose_representatives(self) -> list[Entry]:
        """Return one entry for all that have the same values, and every one with its own."""
        seen: dict[tuple[object, ...], Entry] = {}
        for entry in self.entries:
            rule = entry.rule
            if isinstance(rule, DeclaredRule):
                held = rule.hyperparam
                dtype = torch.float32 if rule._use_fp32_update else entry.param.tensor.dtype
                alone = id(entry) if held.own() or held.parent is None else None
                seen.setdefault((type(rule), id(held.parent), dtype, alone), entry)
        return list(seen.values())

    def _check_entries(self) -> None:
        for entry in self.entries:
            check_gradient(entry)
            if entry.in_bucket and not entry.rule.lacks_state():
                for declared in entry.rule.active_slots().values():
                    at(entry.path, state_tensor, entry.rule, declared.key, entry.param)

    def step(self, *, check_finite: bool) -> list[str]:
        """Update every parameter, or none.

        Args:
            check_finite: Whether a gradient that is not finite stops the step.

        Returns:
            The paths of non-finite gradients; if there are any, nothing was written.
        """
        scales = self.view.loss_scales(self._params)
        scaled = scales != {None}
        buckets, step = self._current_buckets(scaled)
        self._gather(buckets)
        for bucket in buckets:
            bucket.count()
        try:
            of_hooks: dict[str, float] = {DECAY: self._extras.average_decay or 0.0}
            for i, hook in enumerate(self._hooks):
                of_hooks.update(hook.values(f"hook{i}."))
            for bucket in buckets:
                bucket.give_values(of_hooks, scales)
            launch = step.run(check_finite=check_finite)
        except BaseException:
            self._undo(buckets)
            raise
        if scaled:
            self._spend_scales(buckets, rewritten=not launch.non_finite)
        if launch.non_finite:
            self._undo(buckets)
            self.clear_gradients()
            return [buckets[i].entries[row].path for i, row in launch.non_finite]
        self._created = []
        for bucket in buckets:
            bucket.keep_numbers()
        if self._extras.counts is not None:
            self._note(self._extras.counts, buckets, launch)
        self._run_fallen()
        if not self.view.announces_changes:
            moving = [bucket.moving() for bucket in buckets]
            self.view.written(moving[0] if len(moving) == 1 else list(chain(*moving)))
        return []

    @contextlib.contextmanager
    def rehearsed(self, scaled: bool) -> Iterator[tuple[list[Bucket], Step]]:
        """Show the buckets of a step that does not happen; states made for it are forgotten."""
        try:
            yield self._current_buckets(scaled)
        finally:
            self._undo([])

    def _undo(self, buckets: list[Bucket]) -> None:
        for bucket in buckets:
            bucket.uncount()
        for rule in self._created:
            rule._state = None
        self._created = []

    def _current_buckets(self, scaled: bool) -> tuple[list[Bucket], Step]:
        """Return the buckets, made anew where a torch module changed behind our back."""
        made = self._buckets.get(scaled)
        if made is not None and not self.view.announces_changes:
            rested = any(map(self.view.takes_part, self._resting))
            if rested or not all(bucket.is_in_place() for bucket in made[0]):
                made = None
        if made is None:
            self._create_states()
            buckets = self._make_buckets(scaled)
            planned = {id(param) for bucket in buckets for param in bucket.params}
            self._resting = [param for param in self._params if id(param) not in planned]
            whole = adding_up([bucket.params for bucket in buckets])
            step = Step([bucket.table for bucket in buckets], whole)
            made = self._buckets[scaled] = (buckets, step)
        return made

    def _create_states(self) -> None:
        for entry in self.entries:
            rule = entry.rule
            if rule is None or not self.view.takes_part(entry.param):
                continue
            if self._extras.average_decay is not None:
                start_average(rule, entry.param)
            if not entry.in_bucket:
                continue
            master = rule._master_of(entry.param) if rule._use_fp32_update else None
            if rule.lacks_state():
                if rule.state is None:
                    self._created.append(rule)
                rule._ensure_state(entry.param if master is None else master)
            rule.lay_out(entry.param)
        # What was just announced is what this plan did itself.
        self.tokens = changes.now()

    def _make_buckets(self, scaled: bool) -> list[Bucket]:
        gradient = self._gradient(scaled)
        shared = model_norms(gradient)
        formulas: dict[tuple[object, ...], Formula] = {}
        grouped: dict[tuple[object, ...], tuple[Formula, list[Entry]]] = {}
        for entry in self.entries:
            if self.view.takes_part(entry.param):
                program = entry.program
                if program not in formulas:
                    formulas[program] = self._formula(entry, gradient, shared, scaled)
                formula = formulas[program]
                key = (formula, *entry.storage)
                grouped.setdefault(key, (formula, []))[1].append(entry)
        return [Bucket(formula, entries) for formula, entries in grouped.values()]

    def _gradient(self, scaled: bool) -> Node:
        """Return the gradient that rules see: unscaled, then through the hooks in order."""
        gradient = _unscaled(scaled)
        self._clipping = []
        for i, hook in enumerate(self._hooks):
            before = model_norms(gradient)
            gradient = trace_hook(type(hook), tensor("p"), gradient, f"hook{i}.")
            if hook.clips_norm:
                norms = model_norms(gradient)
                self._clipping += [(hook, norm) for norm in norms if norm not in before]
        return gradient

    def _formula(
        self, entry: Entry, gradient: Node, shared: tuple[Node, ...], scaled: bool
    ) -> Formula:
        """Return what runs over a parameter, and what it measures on the way."""
        formula = self._updating_formula(entry, gradient, shared)
        if self._extras.counts is None or entry.rule is None:
            return formula
        new = dict(formula.outputs).get("p")
        return check_formula(replace(formula, measured=measures(_unscaled(scaled), new)))

    def _updating_formula(self, entry: Entry, gradient: Node, shared: tuple[Node, ...]) -> Formula:
        if entry.rule is None:
            # Nothing is written, but norms and the finite check cover every parameter.
            return Formula((), shared)
        if not entry.in_bucket:
            # The hooks change its gradient in place; then its own rule runs.
            changed = () if gradient is tensor("g") else (("g", gradient),)
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

    def _gather(self, buckets: list[Bucket]) -> None:
        """Read this step's gradients."""
        frozen_rest = not self.view.announces_changes
        for bucket in buckets:
            if not bucket.read_gradients(frozen_rest=frozen_rest):
                # One is missing or sparse, which a plan of dense gradients meets rarely.
                for entry in bucket.entries:
                    check_gradient(entry)
                self.view.fill_missing_grads()
                bucket.read_gradients(frozen_rest=frozen_rest)

    def _note(self, counts: Counts, buckets: list[Bucket], launch: Launch) -> None:
        squares = {}
        for bucket, measured in zip(buckets, launch.measured, strict=True):
            for row in bucket.table.rows:
                path = bucket.entries[row].path
                squares[path] = {name: float(sums[row]) for name, sums in measured.items()}
        clipped = any(
            launch.norms[norm] > hook.hyperparam.threshold for hook, norm in self._clipping
        )
        counts.note(squares, clipped=clipped)

    def _spend_scales(self, buckets: list[Bucket], *, rewritten: bool) -> None:
        for bucket in buckets:
            if bucket.writes_gradient and rewritten:
                for param in bucket.params:
                    param._loss_scale = None
            else:
                for param in bucket.params:
                    param._scale_spent = param._loss_scale is not None

    def clear_gradients(self, entries: Iterable[Entry] | None = None) -> None:
        """Leave zeros in gradients that no updating pass has cleared, where that is asked.

        Args:
            entries: Whose gradients; None: all.
        """
        entries = self.entries if entries is None else entries
        for entry in entries if self._extras.clears else ():
            grad = entry.param.tensor.grad
            if grad is not None:
                grad.data.zero_()
                entry.param._loss_scale = None

    def _run_fallen(self) -> None:
        if not self._fallen:
            return
        done = [entry.path for entry in self.entries if entry.in_bucket]
        moving = [entry for entry in self._fallen if self.view.takes_part(entry.param)]
        for places in together([e.rule for e in moving], [e.param for e in moving]):
            entries = [moving[place] for place in places]
            paths = ", ".join(entry.path for entry in entries)
            try:
                if len(entries) > 1:
                    update_together([e.rule for e in entries], [e.param for e in entries])
                else:
                    entries[0].param.update()
            except Exception as error:
                annotate(
                    error,
                    f"while {type(entries[0].rule).__name__} updated {paths}; already updated in "
                    f"this step: {', '.join(done) or 'nothing'}",
                )
                raise
            done += [entry.path for entry in entries]
            self.clear_gradients(entries)
            if self._extras.average_decay is not None:
                for entry in entries:
                    average_alone(entry.rule, entry.param, self._extras.average_decay)


def _unscaled(scaled: bool) -> Node:
    """Return the gradient without its loss scale."""
    return node("div", tensor("g"), hyper("scale")) if scaled else tensor("g")
