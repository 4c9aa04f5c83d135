"""The plan of a step: which parameters share a program, and what fell out and why.

A plan is made once and kept until something structural changes (:mod:`catenary.changes`); a step
only reads gradients and values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from catenary import changes
from catenary.errors import CatenaryError, annotate
from catenary.expr import Formula, Node, check_formula
from catenary.expr.node import hyper, node, tensor
from catenary.kernel import Table, run, schedule
from catenary.optimizer.formula_hook import FormulaHook, model_norms, trace_hook
from catenary.optimizer.formula_rule import FormulaRule, check_gradient, state_tensor, trace_rule
from catenary.optimizer.target import Target
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["Entry", "Plan"]


@dataclass
class Entry:
    """One parameter of the target, as a step sees it.

    Attributes:
        path: The parameter's path, such as ``/l1/W``.
        param: The parameter.
        rule: Its rule if it takes part in updates; None if it has none or is not enabled.
        fell_out: Why the rule runs on its own; None if it runs in a bucket.
        hooks: The rule's own hooks, where they join the kernel.
    """

    path: str
    param: Any
    rule: Any
    fell_out: str | None = None
    hooks: tuple[FormulaHook, ...] = ()


@dataclass
class Bucket:
    """A table with the entries of its rows."""

    table: Table
    entries: list[Entry]
    signatures: list[tuple[torch.dtype, torch.device]]


class Plan:
    """Buckets of parameters that share a program.

    Args:
        view: The target.
        hooks: The optimizer's pre hooks. If all of them are formulas they join the rules' kernels.

    Attributes:
        view: The target.
        inline: Whether the hooks joined; otherwise they run before the plan does.
        entries: Every initialised parameter of the target.
        tokens: The state of the world that the plan was made in.
    """

    def __init__(self, view: Target, hooks: Iterable[Any]) -> None:
        self.tokens = changes.now()
        self.view = view
        hooks = tuple(hooks)
        self.inline = all(map(_joins_kernel, hooks))
        self._hooks: tuple[FormulaHook, ...] = hooks if self.inline else ()
        named = [(path, param) for path, param in view.namedparams(False)]
        times = Counter(id(param) for _, param in named)
        self.entries = [_entry(path, param, times[id(param)] > 1) for path, param in named]
        self._buckets: dict[bool, list[Bucket]] = {}
        self._checked: int | None = None

    def is_current(self) -> bool:
        """Whether nothing structural changed since the plan was made."""
        return self.tokens[0] == changes.now()[0]

    def check(self) -> None:
        """Check every value that changed since the last step; nothing has been written yet.

        Raises:
            HyperparameterError: If a value lies outside its range.
            GradientError: If a gradient does not fit its parameter.
        """
        for entry in self.entries:
            check_gradient(entry.path, entry.param)
        if self._checked is None:
            self._check_states()
        values = changes.now()[1]
        if values == self._checked:
            return
        for hook in self._hooks:
            hook.check_hyperparameters()
        seen: set[tuple[object, ...]] = set()
        for entry in self.entries:
            rule = entry.rule
            if not isinstance(rule, FormulaRule):
                continue
            dtype = torch.float32 if rule._use_fp32_update else entry.param.tensor.dtype
            key = (type(rule), id(rule.hyperparam.parent), dtype)
            if rule.hyperparam.own() or key not in seen:
                seen.add(key)
                _at(entry.path, rule.check_hyperparameters, dtype)
        self._checked = values

    def _check_states(self) -> None:
        for entry in self.entries:
            if _in_bucket(entry) and entry.rule.state is not None:
                for declared in entry.rule.active_slots().values():
                    _at(entry.path, state_tensor, entry.rule, declared.key, entry.param)

    def step(self, *, check_finite: bool) -> list[str]:
        """Update every parameter, or none.

        Args:
            check_finite: Whether a gradient that is not finite stops the step.

        Returns:
            The paths of non-finite gradients; if there are any, nothing was written.
        """
        scaled = any(entry.param._loss_scale is not None for entry in self.entries)
        created = self._create_states()
        buckets = self._current_buckets(scaled)
        moving = self._gather(buckets)
        for rule in moving:
            rule.t += 1
        try:
            self._give_values(buckets, scaled)
            launch = run([bucket.table for bucket in buckets], check_finite=check_finite)
        except BaseException:
            self._undo(moving, created)
            raise
        if scaled:
            self._spend_scales(buckets)
        if launch.non_finite:
            self._undo(moving, created)
            return [buckets[i].entries[row].path for i, row in launch.non_finite]
        self._run_fallen()
        self.view.written()
        return []

    def _create_states(self) -> list[UpdateRule]:
        created = []
        for entry in self.entries:
            rule = entry.rule
            if not _in_bucket(entry) or not self.view.takes_part(entry.param):
                continue
            master = rule._master_of(entry.param) if rule._use_fp32_update else None
            if rule.state is None:
                rule._ensure_state(entry.param if master is None else master)
                created.append(rule)
        # What was just announced is what this plan did itself.
        self.tokens = changes.now()
        return created

    def _undo(self, moving: Iterable[UpdateRule], created: Iterable[UpdateRule]) -> None:
        for rule in moving:
            rule.t -= 1
        for rule in created:
            rule._state = None

    def _current_buckets(self, scaled: bool) -> list[Bucket]:
        """Return the buckets, made anew where a torch module was cast or moved behind our back."""
        buckets = self._buckets.get(scaled)
        if buckets is not None and not self.view.announces_changes:
            planned = [
                (e, s) for b in buckets for e, s in zip(b.entries, b.signatures, strict=True)
            ]
            missing = len(planned) < sum(self.view.takes_part(e.param) for e in self.entries)
            if missing or any(_signature(e) != s for e, s in planned):
                buckets = None
        if buckets is None:
            buckets = self._buckets[scaled] = self._make_buckets(scaled)
        return buckets

    def _make_buckets(self, scaled: bool) -> list[Bucket]:
        gradient = self._gradient(scaled)
        shared = model_norms(gradient)
        grouped: dict[tuple[object, ...], tuple[Formula, list[Entry]]] = {}
        for entry in self.entries:
            formula = self._formula(entry, gradient, shared)
            if not self.view.takes_part(entry.param):
                continue
            key = (formula, *_signature(entry), _has_master(entry), _slot_dtypes(entry))
            grouped.setdefault(key, (formula, []))[1].append(entry)
        return [self._bucket(formula, entries) for formula, entries in grouped.values()]

    def _gradient(self, scaled: bool) -> Node:
        """Return the gradient that rules see: unscaled, then through the optimizer's hooks in
        order.
        """
        gradient = tensor("g")
        if scaled:
            gradient = node("div", gradient, hyper("scale"))
        for i, hook in enumerate(self._hooks):
            gradient = trace_hook(type(hook), tensor("p"), gradient, f"hook{i}.")
        return gradient

    def _formula(self, entry: Entry, gradient: Node, shared: tuple[Node, ...]) -> Formula:
        """Return what runs over a parameter."""
        if entry.rule is None:
            # Nothing is written, but norms and the finite check cover every parameter.
            return Formula((), shared)
        if entry.fell_out is not None:
            # The hooks change its gradient in place; then its own rule runs.
            changed = () if gradient is tensor("g") else (("g", gradient),)
            return check_formula(Formula(changed, shared))
        for i, hook in enumerate(entry.hooks):
            gradient = trace_hook(type(hook), tensor("p"), gradient, f"rule_hook{i}.")
        outputs = trace_rule(type(entry.rule), entry.rule.flags, gradient, "rule.", shared).outputs
        return check_formula(Formula(outputs, shared))

    def _bucket(self, formula: Formula, entries: list[Entry]) -> Bucket:
        columns = {"p": [e.param.tensor for e in entries]}
        masters = None
        if _in_bucket(entries[0]):
            for name, declared in entries[0].rule.active_slots().items():
                columns[name] = [
                    _at(e.path, state_tensor, e.rule, declared.key, e.param) for e in entries
                ]
            if _has_master(entries[0]):
                masters = [e.rule._fp32_param.tensor for e in entries]
        table = Table(schedule(formula), columns, masters)
        return Bucket(table, entries, [_signature(e) for e in entries])

    def _gather(self, buckets: list[Bucket]) -> list[UpdateRule]:
        """Read this step's gradients; return the rules that will run in buckets."""
        moving = []
        for bucket in buckets:
            bucket.table.gradients = [e.param.tensor.grad for e in bucket.entries]
            bucket.table.rows = [
                i for i, e in enumerate(bucket.entries) if self.view.takes_part(e.param)
            ]
            moving += [
                bucket.entries[row].rule
                for row in bucket.table.rows
                if _in_bucket(bucket.entries[row])
            ]
        return moving

    def _give_values(self, buckets: list[Bucket], scaled: bool) -> None:
        """Say for each row what the program's names stand for; rows that agree share one
        mapping.
        """
        of_hooks: dict[str, float] = {}
        for i, hook in enumerate(self._hooks):
            of_hooks.update(hook.values(f"hook{i}."))
        for bucket in buckets:
            names = bucket.table.schedule.program.hypers
            known: dict[tuple[object, ...], dict[str, float]] = {}
            bucket.table.values = [
                _values(entry, names, of_hooks, known, scaled) for entry in bucket.entries
            ]

    def _spend_scales(self, buckets: list[Bucket]) -> None:
        for bucket in buckets:
            rewritten = any(name == "g" for name, _ in bucket.table.schedule.program.outputs)
            for entry in bucket.entries:
                if rewritten:
                    entry.param._loss_scale = None
                elif entry.param._loss_scale is not None:
                    entry.param._scale_spent = True

    def _run_fallen(self) -> None:
        done = [e.path for e in self.entries if _in_bucket(e)]
        for entry in self.entries:
            if (
                entry.rule is None
                or entry.fell_out is None
                or not self.view.takes_part(entry.param)
            ):
                continue
            try:
                entry.param.update()
            except Exception as error:
                annotate(
                    error,
                    f"while {type(entry.rule).__name__} updated {entry.path}; "
                    f"already updated in this step: {', '.join(done) or 'nothing'}",
                )
                raise
            done.append(entry.path)


def _joins_kernel(hook: Any) -> bool:
    return isinstance(hook, FormulaHook) and type(hook).__call__ is FormulaHook.__call__


def _entry(path: str, param: Any, repeated: bool) -> Entry:
    rule = param.update_rule
    if rule is None or not rule.enabled:
        return Entry(path, param, None)
    reason = "the target holds it more than once" if repeated else _why_alone(param, rule)
    hooks = () if reason else tuple(hook for _, hook in rule._hookable.at("pre"))
    return Entry(path, param, rule, reason, hooks)


def _why_alone(param: Any, rule: Any) -> str | None:
    """Return why a rule cannot run in a bucket; None if it can."""
    if not isinstance(rule, FormulaRule):
        return f"{type(rule).__name__} is written the classic way, not as a formula"
    for name in ("update", "update_core", "update_core_cpu", "update_core_gpu", "_call_core"):
        base = UpdateRule if name in ("update", "_call_core") else FormulaRule
        if getattr(type(rule), name) is not getattr(base, name) or name in vars(rule):
            return f"{type(rule).__name__} overrides {name}"
    if any(True for _ in rule._hookable.at("post")):
        return "its rule has a post hook"
    for name, hook in rule._hookable.at("pre"):
        if not _joins_kernel(hook):
            return f"its rule has the plain hook {name!r}"
    if "update" in vars(param):
        return "its `update` was replaced"
    return None


def _signature(entry: Entry) -> tuple[torch.dtype, torch.device]:
    held = entry.param.tensor
    return held.dtype, held.device


def _in_bucket(entry: Entry) -> bool:
    return entry.rule is not None and entry.fell_out is None


def _has_master(entry: Entry) -> bool:
    return _in_bucket(entry) and entry.rule._fp32_param is not None


def _slot_dtypes(entry: Entry) -> tuple[object, ...]:
    if not _in_bucket(entry) or entry.rule.state is None:
        return ()
    return tuple(getattr(held, "dtype", None) for held in entry.rule.state.values())


def _values(
    entry: Entry,
    names: tuple[str, ...],
    of_hooks: dict[str, float],
    known: dict[tuple[object, ...], dict[str, float]],
    scaled: bool,
) -> dict[str, float]:
    scale = float(entry.param._loss_scale or 1.0) if scaled else 1.0
    own = tuple(name[len("rule.") :] for name in names if name.startswith("rule."))
    rule = entry.rule
    simple = not entry.hooks and (not own or _is_shared(rule, own))
    key: tuple[object, ...] = (scale, type(rule))
    if own:
        key += (id(rule.hyperparam.parent), rule.t)
    if simple and key in known:
        return known[key]
    found = {**of_hooks, "scale": scale}
    if own:
        mine = _at(entry.path, rule.values, own)
        found.update({f"rule.{name}": value for name, value in mine.items()})
    for i, hook in enumerate(entry.hooks):
        found.update(hook.values(f"rule_hook{i}."))
    if simple:
        known[key] = found
    return found


def _is_shared(rule: FormulaRule, names: tuple[str, ...]) -> bool:
    """Whether these values are the same for every rule with the same parent and `t`."""
    return not rule.hyperparam.own() and all(n in rule.specs or n == "t" for n in names)


def _at(path: str, call: Any, *args: Any) -> Any:
    """Call something that knows no paths; say which parameter it failed for."""
    try:
        return call(*args)
    except CatenaryError as error:
        error.args = (f"parameter {path}: {error.args[0]}", *error.args[1:])
        raise
