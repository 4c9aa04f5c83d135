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
from catenary.kernel import Step, Table, aligned, schedule
from catenary.optimizer.spread import adding_up

__all__ = ["run_alone"]

_Kept = dict[tuple[object, ...], tuple[list[Any], list[Table], Step]]

_kept: weakref.WeakKeyDictionary[Any, tuple[int, _Kept]] = weakref.WeakKeyDictionary()
"""For each owner the structural token, and by formula and parameters' ids what runs it."""


def run_alone(
    owner: Any,
    params: Sequence[Any],
    formula: Formula,
    values: Mapping[str, float],
    columns: Callable[[Any], dict[str, list[torch.Tensor]]],
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
    """
    structure = changes.now()[0]
    since, held = _kept.get(owner, (structure, {}))
    if since != structure:
        held = {}
    _kept[owner] = (structure, held)
    key = (formula, *map(id, params))
    if key not in held:
        tables = [Table(schedule(formula), columns(param)) for param in params]
        # The parameters are kept too, so that their ids stay theirs.
        step = Step(tables, adding_up([[param] for param in params]))
        held[key] = (list(params), tables, step)
    _, tables, step = held[key]
    for param, table in zip(params, tables, strict=True):
        gradient = param.tensor.grad
        if gradient is not None:
            param.tensor.grad = gradient = aligned(gradient, param.tensor)
        table.set_gradients([gradient])
        table.groups = [(values, [0])]
    step.run(check_finite=False)
    return [table.host_values(0) for table in tables]
