"""Tables made by hand: formulas over named arrays, without optimizers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catenary.expr import Formula, check_formula
from catenary.expr.node import hyper, node, norm, tensor
from catenary.kernel import Step, Storage, Table, launch, schedule

P, G, V = map(tensor, "pgv")
A, B = map(hyper, "ab")


def tensors(arrays):
    return [a if isinstance(a, torch.Tensor) else torch.from_numpy(a) for a in arrays]


def table(outputs, columns, gradients=None, values=None, shared=(), kind="plain", keys=None):
    """Return a table of the formula `outputs` over `columns`, name to one array a row."""
    formula = check_formula(Formula(tuple(outputs.items()), tuple(shared)))
    held = {n: tensors(c) for n, c in columns.items()}
    made = Table(schedule(formula, Storage.of(kind, held)), held, keys)
    made.set_gradients(tensors(gradients) if gradients else [None] * made.size)
    made.groups = [(values or {}, range(made.size))]
    return made


def step(*tables, check_finite=False):
    return Step(tables).run(check_finite=check_finite)


@pytest.fixture
def only_eager(monkeypatch):
    """Let the reference backend run everything."""
    monkeypatch.setattr(launch, "can_compile", lambda table: False)


def sgd():
    return {"p": node("sub", P, node("mul", A, G))}


def f32(*numbers):
    return np.array(numbers, np.float32)


__all__ = [
    "A",
    "B",
    "G",
    "P",
    "V",
    "f32",
    "node",
    "norm",
    "only_eager",
    "sgd",
    "step",
    "table",
    "tensors",
]
