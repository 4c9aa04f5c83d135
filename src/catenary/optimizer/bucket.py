"""Parameters that share a program: their table, and what stands for the program's names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from catenary import changes
from catenary.errors import CatenaryError
from catenary.expr import Formula
from catenary.kernel import Kind, Storage, Table, Tensors, aligned, schedule
from catenary.kernel.storage import COUNT
from catenary.optimizer.averaging import AVERAGE
from catenary.optimizer.declared_rule import state_tensor
from catenary.optimizer.entry import Entry, check_fit
from catenary.optimizer.update_rule import Clock, UpdateRule

__all__ = ["Bucket", "at"]

_BASE_ATTRIBUTES = frozenset(vars(UpdateRule()))
"""What every rule holds; a rule that holds more may answer with values of its own."""


@dataclass
class _Group:
    """Rows for which every name of the program has one value; the first entry stands for all."""

    entry: Entry
    rows: list[int] = field(default_factory=list)
    tokens: tuple[int, int] | None = None
    held: dict[str, float] = field(default_factory=dict)


class Bucket:
    """A table with the entries of its rows.

    Args:
        formula: What runs over the rows.
        entries: One a row; all have the same storage.

    Attributes:
        kind: How the parameters are kept.
        writes_gradient: Whether the program changes gradients in memory.
    """

    def __init__(self, formula: Formula, entries: Sequence[Entry]) -> None:
        self.formula = formula
        self.entries = list(entries)
        self.in_bucket = entries[0].in_bucket
        self.params = [entry.param for entry in entries]
        self.tensors: list[torch.Tensor] = [param.tensor for param in self.params]
        self._asked = Tensors(self.tensors)
        self._at = np.array([held.data_ptr() for held in self.tensors], np.int64)
        self._memory = [held.detach() for held in self.tensors]
        self.kind = self._kind()
        columns = self._columns()
        passes = schedule(formula, Storage.of(self.kind, columns))
        keys = [e.rule._row_key for e in entries] if self.kind == "stochastic" else None
        self.table = Table(passes, columns, keys)
        self.writes_gradient = any(name == "g" for name, _ in passes.program.outputs)
        names = passes.program.hypers
        own = [n.removeprefix("rule.") for n in names if n.startswith("rule.")]
        specs = getattr(entries[0].rule, "specs", {})
        self._declared = tuple(n for n in own if n.partition("[")[0] in specs)
        self._counts = COUNT in names
        self._derived = tuple(n for n in own if n not in self._declared and n != "t")
        # Without `t` and the like, values are what they were until one is written.
        varying = self._counts or self._derived or any(entry.hooks for entry in entries)
        self._keeps_values = not varying
        self._given: tuple[object, ...] | None = None
        self._groups: list[_Group] | None = None
        self._clocks: list[Clock] = []
        self._parted: list[tuple[Any, Clock]] = []

    def _columns(self) -> dict[str, list[torch.Tensor]]:
        columns = {"p": self.tensors}
        if self.in_bucket:
            beside = [entry.rule._beside(entry.param) for entry in self.entries]
            for name in beside[0]:
                columns[name] = [held[name] for held in beside]
            for name, declared in self.entries[0].rule.active_slots().items():
                columns[name] = [
                    at(e.path, state_tensor, e.rule, declared.key, e.param) for e in self.entries
                ]
        if any(name == AVERAGE for name, _ in self.formula.outputs):
            columns[AVERAGE] = [entry.rule._average for entry in self.entries]
        return columns

    def _kind(self) -> Kind:
        first = self.entries[0]
        kind: Kind = first.rule._storage_of(first.param) if self.in_bucket else "plain"
        return kind

    def is_in_place(self) -> bool:
        """Whether every tensor still has the memory that the table was made for.

        A torch module may be cast or moved, or have ``param.data`` replaced, without telling. The
        memory is held until then, so nothing else can have come to lie there.
        """
        return self._asked.lie_at(self._at)

    def moving(self) -> list[torch.Tensor]:
        """Return the tensors that this step updates."""
        if self.entries[0].rule is None:
            return []
        rows = self.table.rows
        return self.tensors if len(rows) == self.table.size else [self.tensors[r] for r in rows]

    def read_gradients(self, *, frozen_rest: bool) -> bool:
        """Hand this step's gradients to the table; return whether all were there, and dense.

        A gradient whose elements lie in another order than its parameter's is replaced by a copy
        that lies alike, since a kernel walks both by address.

        Args:
            frozen_rest: Whether rows that are frozen or have no gradient take no part.
        """
        if not self._asked.gradients(self.table.addresses):
            return self._read_one_by_one(frozen_rest=frozen_rest)
        self.table.take_own_gradients()
        self.table.rows = range(self.table.size)
        return True

    def _read_one_by_one(self, *, frozen_rest: bool) -> bool:
        grads: list[torch.Tensor | None] = []
        for entry, held in zip(self.entries, self.tensors, strict=True):
            grad = held.grad
            if grad is None or grad.is_sparse:
                grads.append(None)
                continue
            if grad.dtype != held.dtype or grad.shape != held.shape:
                check_fit(entry)
            fitting = aligned(grad, held)
            if fitting is not grad:
                held.grad = fitting
            grads.append(fitting)
        self.table.set_gradients(grads)
        self.table.rows = range(self.table.size)
        if frozen_rest:
            pairs = enumerate(zip(grads, self.tensors, strict=True))
            self.table.rows = [i for i, (g, t) in pairs if g is not None and t.requires_grad]
        return None not in grads

    def forget_groups(self) -> None:
        """Look anew which rows agree: a hyperparameter or a `t` was written."""
        self._groups = None

    def _grouped(self) -> list[_Group]:
        if self._groups is None:
            found: dict[object, _Group] = {}
            for row, entry in enumerate(self.entries):
                found.setdefault(self._key(entry, row), _Group(entry)).rows.append(row)
            self._groups = list(found.values())
            self._share_clocks()
        return self._groups

    def _key(self, entry: Entry, row: int) -> object:
        """Return what decides the values of a row; the row itself where that cannot be known."""
        rule = entry.rule
        if self.in_bucket and not vars(rule).keys() <= _BASE_ATTRIBUTES:
            return row
        if not self.in_bucket:
            return None
        own = tuple(sorted(rule.hyperparam.own().items()))
        numbers = tuple(sorted(rule._clock.numbers.items()))
        hooks = tuple(map(id, entry.hooks))
        return (type(rule), id(rule.hyperparam.parent), own, rule.t, numbers, hooks)

    def _share_clocks(self) -> None:
        """Give the rules that count alike one clock, so that a step counts once for all of them."""
        self._clocks = []
        if self.in_bucket:
            for group in self._groups or ():
                first = group.entry.rule._clock
                clock = Clock(first.t, first.numbers, shared=True)
                self._clocks.append(clock)
                for row in group.rows:
                    self.entries[row].rule.__dict__["_clock"] = clock

    def count(self) -> None:
        """Count the update that is about to happen."""
        self._grouped()
        self._parted = []
        if len(self.table.rows) == self.table.size:
            for clock in self._clocks:
                clock.t += 1
            return
        # Rules that move while others of their group rest have to count apart from them.
        for row in self.table.rows if self.in_bucket else ():
            rule = self.entries[row].rule
            self._parted.append((rule, rule._clock))
            rule.__dict__["_clock"] = Clock(rule.t + 1, rule._clock.numbers, shared=True)
        self.forget_groups()

    def uncount(self) -> None:
        """Take the last :meth:`count` back."""
        if len(self.table.rows) == self.table.size:
            for clock in self._clocks:
                clock.t -= 1
            return
        for rule, clock in self._parted:
            rule.__dict__["_clock"] = clock
        self.forget_groups()

    def correct_count(self, by: int) -> None:
        """Count updates of every row that :meth:`count` did not see, or saw and that were none."""
        self._grouped()
        for clock in self._clocks:
            clock.t += by

    def depends_on_host(self) -> bool:
        """Whether rows rest, or the host computes something from the number of updates."""
        return len(self.table.rows) != self.table.size or bool(self._derived)

    def keep_numbers(self) -> None:
        """Take over what the step made of the slots that are one number."""
        if not self.table.schedule.host_columns:
            return
        if len(self.table.rows) == self.table.size:
            for group in self._grouped():
                group.entry.rule._clock.numbers.update(self.table.host_values(group.rows[0]))
            return
        for row in self.table.rows:
            # A rule that rests may share the clock of one that moves.
            rule = self.entries[row].rule
            numbers = {**rule._clock.numbers, **self.table.host_values(row)}
            rule.__dict__["_clock"] = Clock(rule.t, numbers, shared=True)
        self.forget_groups()

    def give_values(self, of_hooks: Mapping[str, float], scales: Collection[float | None]) -> None:
        """Say for each group of rows what the program's names stand for in this step.

        Args:
            of_hooks: Values of the optimizer's hooks.
            scales: The loss scales that the target's gradients have; only None: there are none.
        """
        grouped = self._grouped()
        given = (id(grouped), changes.now()[1:], of_hooks, scales)
        if self._keeps_values and len(scales) == 1 and given == self._given:
            return
        self._given = given
        groups: list[tuple[Mapping[str, float], Sequence[int]]] = []
        for group in grouped:
            values = self._values(group, of_hooks)
            if len(scales) == 1:
                (scale,) = scales
                values["scale"] = scale or 1.0
                groups.append((values, group.rows))
                continue
            by_scale: dict[float, list[int]] = {}
            for row in group.rows:
                by_scale.setdefault(self.params[row]._loss_scale or 1.0, []).append(row)
            groups += [({**values, "scale": scale}, rows) for scale, rows in by_scale.items()]
        self.table.groups = groups

    def _values(self, group: _Group, of_hooks: Mapping[str, float]) -> dict[str, float]:
        entry = group.entry
        tokens = changes.now()[1:]
        if tokens != group.tokens:
            # Hyperparameters are looked up when one was written; what is derived, at each step.
            group.held = self._of_rule(entry, self._declared)
            group.tokens = tokens
        found = {**of_hooks, **group.held}
        if self._counts:
            found[COUNT] = entry.rule.t
        if self._derived:
            found.update(self._of_rule(entry, self._derived))
        for i, hook in enumerate(entry.hooks):
            found.update(hook.values(f"rule_hook{i}."))
        return found

    def _of_rule(self, entry: Entry, names: tuple[str, ...]) -> dict[str, float]:
        if not names:
            return {}
        values = at(entry.path, entry.rule.values, names)
        return {f"rule.{name}": value for name, value in values.items()}


def at(path: str, call: Any, *args: Any) -> Any:
    """Call something that knows no paths; say which parameter it failed for."""
    try:
        return call(*args)
    except CatenaryError as error:
        error.args = (f"parameter {path}: {error.args[0]}", *error.args[1:])
        raise
