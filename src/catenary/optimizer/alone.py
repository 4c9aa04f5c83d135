"""Formulas run outside a plan: where a rule or hook is called by itself.

What such a call needs is kept between calls, as a plan keeps its buckets, and made anew when
something structural changed (:mod:`catenary.changes`).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from catenary import changes
from catenary.expr import Formula
from catenary.kernel import Kind, Step, Storage, Table, aligned, schedule
from catenary.kernel.storage import COUNT
from catenary.optimizer.spread import adding_up

__all__ = ["run_alone", "run_once"]

_Kept = dict[tuple[object, ...], tuple[list[weakref.ref[Any]], list[Table], Step]]

_kept: weakref.WeakKeyDictionary[Any, tuple[int, _Kept]] = weakref.WeakKeyDictionary()
"""For each owner the structural token, and by formula and parameters' ids what runs it."""


def run_alone(
    owner: Any,
    params: Sequence[Any],
    formula: Formula,
    values: Mapping[str, float],
    columns: Callable[[Any], dict[str, list[torch.Tensor]]],
    kind: Kind = "plain",
    key: int = 0,
) -> list[dict[str, float]]:
    """Run a formula on parameters; each has a gradient, if the formula uses one.

    Returns:
        For each parameter, the new values of the slots that are one number.

    Args:
        owner: The rule or hook that asks; what is kept lives as long as it.
        params: The parameters.
        formula: What to run.
        values: Its hyperparameters by name.
        columns: Returns a parameter's tensors by name; called when nothing is kept.
        kind: How the tensors are kept.
        key: What tells the parameters apart where random numbers are drawn.
    """
    structure = changes.now()[0]
    since, held = _kept.get(owner, (structure, {}))
    if since != structure:
        held = {}
    _kept[owner] = (structure, held)
    place = (formula, kind, key, *map(id, params))
    references, tables, step = held.get(place, ([], [], None))
    # An id may have become another parameter's.
    if step is None or any(r() is not param for r, param in zip(references, params, strict=True)):
        tables = [_table(formula, columns(param), kind, key) for param in params]
        step = Step(tables, adding_up([[param] for param in params]))
        if not any(getattr(param, "_passing", False) for param in params):
            # A parameter knows its rule, who is the owner: what is kept must not keep it alive.
            held[place] = ([weakref.ref(param) for param in params], tables, step)
    for param, table in zip(params, tables, strict=True):
        gradient = param.tensor.grad
        if gradient is not None:
            param.tensor.grad = gradient = aligned(gradient, param.tensor)
        table.set_gradients([gradient])
        table.groups = [(values, [0])]
    step.run(check_finite=False)
    return [table.host_values(0) for table in tables]


def run_once(
    formula: Formula,
    columns: Mapping[str, torch.Tensor],
    kind: Kind,
    key: int = 0,
    t: int = 0,
) -> None:
    """Run a formula over tensors that are kept in some way; nothing of it is kept.

    Args:
        formula: What to run; it knows no gradient and no hyperparameters.
        columns: Its tensors by name.
        kind: How they are kept.
        key: What tells the row from others where random numbers are drawn.
        t: The number of the update.
    """
    table = _table(formula, {name: [held.detach()] for name, held in columns.items()}, kind, key)
    table.set_gradients([None])
    table.groups = [({COUNT: float(t)}, [0])]
    Step([table]).run(check_finite=False)


def _table(
    formula: Formula, columns: Mapping[str, list[torch.Tensor]], kind: Kind, key: int
) -> Table:
    return Table(schedule(formula, Storage.of(kind, columns)), columns, [key])
