"""The plan of a step: which parameters share a program, and what fell out and why.

A plan is made once and kept until something structural changes (:mod:`catenary.changes`); a step
only reads gradients and values.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from catenary import changes
from catenary.errors import annotate
from catenary.expr import Formula, Node
from catenary.kernel import DeviceStep, Later, Launch, Step, bound
from catenary.optimizer.averaging import DECAY, average_alone, start_average
from catenary.optimizer.bucket import Bucket, at
from catenary.optimizer.declared_rule import DeclaredRule, state_tensor
from catenary.optimizer.entry import Entry, check_gradient, joins_kernel, make_entry, row_key
from catenary.optimizer.formula_hook import FormulaHook
from catenary.optimizer.late import Awaited
from catenary.optimizer.matrix_rule import together, update_together
from catenary.optimizer.spread import adding_up
from catenary.optimizer.statistics import Counts
from catenary.optimizer.step_formula import NOTHING_ELSE, Extras, StepFormulas
from catenary.optimizer.target import Target
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["Plan"]


class Plan:
    """Buckets of parameters that share a program.

    Args:
        view: The target.
        hooks: The optimizer's pre hooks. If all of them are formulas they join the rules' kernels.
        extras: What the updating pass does besides.
        has_post_hooks: Whether the optimizer calls hooks after the step.

    Attributes:
        view: The target.
        has_post_hooks: Whether the optimizer calls hooks after the step.
        apart: Why the hooks run before the plan does; None if they joined it.
        entries: Every initialised parameter of the target.
        tokens: The state of the world that the plan was made in.
    """

    def __init__(
        self,
        view: Target,
        hooks: Iterable[Any],
        extras: Extras = NOTHING_ELSE,
        *,
        has_post_hooks: bool = False,
    ) -> None:
        self.tokens = changes.now()
        self.view = view
        self.has_post_hooks = has_post_hooks
        self._extras = extras
        self._clipping: list[tuple[FormulaHook, Node]] = []
        hooks = tuple(hooks)
        named = [(path, param) for path, param in view.namedparams(False)]
        times = Counter(id(param) for _, param in named)
        self.apart: str | None = None
        if not all(map(joins_kernel, hooks)):
            self.apart = "not all are formulas"
        elif len(times) < len(named):
            # Each hook sees it as often, and as the hook left it the time before.
            self.apart = "the target holds a parameter more than once"
        self._hooks: tuple[FormulaHook, ...] = () if self.apart else hooks
        self.entries = [
            make_entry(path, param, repeated=times[id(param)] > 1) for path, param in named
        ]
        for entry in self.entries:
            if entry.rule is not None:
                entry.rule._row_key = row_key(entry.path)
        self._params = [entry.param for entry in self.entries]
        self._fallen = [e for e in self.entries if e.rule is not None and not e.in_bucket]
        self._resting: list[Any] = []
        self._buckets: dict[bool, tuple[list[Bucket], Step | DeviceStep]] = {}
        self._created: list[UpdateRule] = []
        self._checked: changes.Tokens | None = None
        self._of_hooks: dict[str, float] = {}
        self._representatives: list[Entry] = []

    def is_current(self) -> bool:
        """Whether nothing structural changed since the plan was made."""
        return self.tokens[0] == changes.now()[0]

    def is_checked(self) -> bool:
        """Whether nothing at all changed since the last check."""
        return self._checked == changes.now()

    def check(self) -> None:
        """Check every value that changed since the last step; nothing has been written yet.

        Raises:
            HyperparameterError: If a value lies outside its range.
            GradientError: If a parameter or its gradient cannot be updated.
            StateError: If a state does not fit its parameter.
        """
        if self.is_checked():
            return
        now = changes.now()
        if self._checked is None:
            self._check_entries()
        if self._checked is None or self._checked[1] != now[1]:
            self._representatives = self._choose_representatives()
            for buckets, _ in self._buckets.values():
                for bucket in buckets:
                    bucket.forget_groups()
        of_hooks: dict[str, float] = {DECAY: self._extras.average_decay or 0.0}
        for i, hook in enumerate(self._hooks):
            hook.check_hyperparameters()
            of_hooks.update(hook.values(f"hook{i}."))
        for entry in self._representatives:
            rule = entry.rule
            at(entry.path, rule.check_hyperparameters, entry.param.tensor.dtype)
        self._checked, self._of_hooks = now, of_hooks

    def _choose_representatives(self) -> list[Entry]:
        """Return one entry for all that have the same values, and every one with its own."""
        seen: dict[tuple[object, ...], Entry] = {}
        for entry in self.entries:
            rule = entry.rule
            if isinstance(rule, DeclaredRule):
                held = rule.hyperparam
                dtype = entry.param.tensor.dtype
                alone = id(entry) if held.own() or held.parent is None else None
                seen.setdefault((type(rule), id(held.parent), dtype, alone), entry)
        return list(seen.values())

    def _check_entries(self) -> None:
        for entry in self.entries:
            check_gradient(entry)
            if entry.rule is not None:
                at(entry.path, entry.rule._storage_of, entry.param)
            if entry.in_bucket and not entry.rule.lacks_state():
                for declared in entry.rule.active_slots().values():
                    at(entry.path, state_tensor, entry.rule, declared.key, entry.param)

    def step(self, *, check_finite: bool, at_once: bool) -> list[str] | Awaited:
        """Update every parameter, or none.

        Args:
            check_finite: Whether a gradient that is not finite stops the step.
            at_once: Whether to wait for a device's answer.

        Returns:
            The paths of non-finite gradients; if there are any, nothing was written. Or what will
            tell them.
        """
        scales = self.view.loss_scales(self._params)
        scaled = scales != {None}
        buckets, step = self._current_buckets(scaled)
        self._gather(buckets)
        for bucket in buckets:
            bucket.count()
        try:
            for bucket in buckets:
                bucket.give_values(self._of_hooks, scales)
            launch = step.run(check_finite=check_finite)
            if isinstance(launch, Later) and (at_once or self._must_know(buckets)):
                launch = launch.launch()
        except BaseException:
            self._undo(buckets)
            raise
        if isinstance(launch, Later):
            if scaled:
                self._spend_scales(buckets, rewritten=True)
            self._created = []
            self._announce(buckets)
            return Awaited(launch, functools.partial(self._learn, buckets))
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
        self._announce(buckets)
        return []

    def _must_know(self, buckets: list[Bucket]) -> bool:
        """Whether what the host does next depends on the outcome of this step."""
        return bool(self._fallen) or any(bucket.depends_on_host() for bucket in buckets)

    def _learn(self, buckets: list[Bucket], launch: Launch) -> list[str]:
        """Take notice of the outcome of an earlier step; return paths of non-finite gradients."""
        if launch.non_finite:
            for bucket in buckets:
                bucket.correct_count(-1)
        elif self._extras.counts is not None:
            self._note(self._extras.counts, buckets, launch)
        return [buckets[i].entries[row].path for i, row in launch.non_finite]

    def catch_up(self) -> None:
        """Count the updates that a device made by itself, as replays of a CUDA graph."""
        for buckets, step in self._buckets.values():
            missed = step.catch_up() if isinstance(step, DeviceStep) else 0
            for bucket in buckets if missed else ():
                bucket.correct_count(missed)

    def _announce(self, buckets: list[Bucket]) -> None:
        if not self.view.announces_changes:
            moving = [bucket.moving() for bucket in buckets]
            self.view.written(moving[0] if len(moving) == 1 else list(chain(*moving)))

    @contextlib.contextmanager
    def rehearsed(self, scaled: bool) -> Iterator[tuple[list[Bucket], Step | DeviceStep]]:
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

    def _current_buckets(self, scaled: bool) -> tuple[list[Bucket], Step | DeviceStep]:
        """Return the buckets, made anew where a torch module changed behind our back."""
        made = self._buckets.get(scaled)
        if made is not None and not self.view.announces_changes:
            rested = any(map(self.view.takes_part, self._resting))
            if rested or not all(bucket.is_in_place() for bucket in made[0]):
                made = None
        if made is None:
            for entry in self.entries:
                check_gradient(entry)
            self._create_states()
            buckets = self._make_buckets(scaled)
            planned = {id(param) for bucket in buckets for param in bucket.params}
            self._resting = [param for param in self._params if id(param) not in planned]
            whole = adding_up([bucket.params for bucket in buckets])
            step = bound([bucket.table for bucket in buckets], whole)
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
            rule._keep(entry.param)
            if rule.lacks_state():
                if rule.state is None:
                    self._created.append(rule)
                rule._ensure_state(rule._state_like(entry.param))
            rule.lay_out(entry.param)
        # What was just announced is what this plan did itself.
        self.tokens = changes.now()

    def _make_buckets(self, scaled: bool) -> list[Bucket]:
        formulas = StepFormulas(self._hooks, self._extras, scaled=scaled)
        self._clipping = formulas.clipping
        grouped: dict[tuple[object, ...], tuple[Formula, list[Entry]]] = {}
        for entry in self.entries:
            if self.view.takes_part(entry.param):
                formula = formulas.of(entry)
                key = (formula, *entry.storage)
                grouped.setdefault(key, (formula, []))[1].append(entry)
        return [Bucket(formula, entries) for formula, entries in grouped.values()]

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
